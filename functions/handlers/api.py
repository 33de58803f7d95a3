"""The REST API behind API Gateway (HTTP API, payload 2.0): read the picture, stop the trading.

API Gateway has checked the token before anything comes here; what its bearer may do is checked
here. Where there is no sign-in (one machine, loopback), nobody is asked for a group.
"""

import json
from datetime import UTC, datetime
from typing import Any

from quantterminal import bootstrap
from quantterminal.domain.errors import InvalidValueError, PermanentError, RetryableError
from quantterminal.domain.view import Visitor
from quantterminal.services.api_requests import VERBS, ApiRuntime, command
from quantterminal.services.dashboard import View, bars, curve, hello, reports
from quantterminal.services.live_tickets import issue_ticket

_JSON = "application/json"
_TYPES = {"html": "text/html; charset=utf-8", "json": _JSON}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """200 with what was asked, 400 with what was expected, 403 for who may not, 404 for what does
    not exist, 503 while a store cannot be reached.
    """
    method, path = event["requestContext"]["http"]["method"], event["rawPath"]
    answers = {"GET": _get, "POST": _post}
    try:
        if method in answers:
            return answers[method](path, event)
    except InvalidValueError as problem:
        return _answer(400, json.dumps({"message": str(problem)}))
    except RetryableError as problem:
        return _answer(503, json.dumps({"message": f"Try again: {problem}"}))
    except PermanentError:
        pass
    return _answer(404, json.dumps({"message": f"Nothing answers {method} {path}"}))


def _get(path: str, event: dict[str, Any]) -> dict[str, Any]:
    match path.removeprefix("/api/").split("/"):
        case ["reports", name]:
            return _report(name)
        case parts:
            runtime = bootstrap.api_runtime()
            return _answer(200, runtime.dashboard.encode(_view(parts, event, runtime)))


def _view(parts: list[str], event: dict[str, Any], runtime: ApiRuntime) -> View:
    match parts:
        case ["dashboard"]:
            return hello(0, runtime=runtime.dashboard)
        case ["curve", span]:
            return curve(span, runtime=runtime.dashboard, archive=runtime.archive)
        case ["bars", symbol]:
            return bars(symbol, runtime=runtime.dashboard)
        case ["reports"]:
            return reports(runtime.archive, runtime.flattening.trading.account)
        case ["visitor"]:
            return Visitor(_actor(event), _may_operate(event))
    raise PermanentError(f"Nothing answers GET {event['rawPath']}")


def _post(path: str, event: dict[str, Any]) -> dict[str, Any]:
    if path == "/api/ticket":
        return _ticket(event)
    verb = path.removeprefix("/api/")
    if verb not in VERBS:
        raise PermanentError(f"Nothing answers POST {path}")
    if not _may_operate(event):
        return _answer(403, json.dumps({"message": "Expected an operator"}))
    return _command(verb, event)


def _report(name: str) -> dict[str, Any]:
    day, _, kind = name.partition(".")
    if kind not in _TYPES or not day.replace("-", "").isdigit():
        raise PermanentError(f"Expected YYYY-MM-DD.html or .json, was {name!r}")
    runtime = bootstrap.api_runtime()
    account = runtime.flattening.trading.account
    body = runtime.archive.get(f"reports/{account}/{day}.{kind}").decode()
    return _answer(200, body, content_type=_TYPES[kind])


def _command(verb: str, event: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(event.get("body") or "{}")
    except json.JSONDecodeError as problem:
        raise InvalidValueError(f"Expected a JSON object: {problem}") from problem
    if not isinstance(body, dict):
        raise InvalidValueError(f"Expected a JSON object, was {type(body).__name__}")
    result = command(
        verb,
        body,
        actor=_actor(event),
        key=event.get("headers", {}).get("idempotency-key", ""),
        runtime=bootstrap.api_runtime(),
    )
    return _answer(200, json.dumps(result))


def _ticket(event: dict[str, Any]) -> dict[str, Any]:
    origin = event.get("headers", {}).get("origin", "")
    desk = bootstrap.ticket_desk("api")
    code = issue_ticket(_actor(event), origin, desk=desk, until=_signed_in_until(event))
    return _answer(200, json.dumps({"ticket": code}))


def _may_operate(event: dict[str, Any]) -> bool:
    """API Gateway hands a list claim over as one text, `[viewers operators]`."""
    wanted = bootstrap.operator_group()
    groups = str(_claims(event).get("cognito:groups", "")).strip("[]").replace(",", " ").split()
    return not wanted or wanted in groups


def _actor(event: dict[str, Any]) -> str:
    return str(_claims(event).get("sub", "local operator"))


def _signed_in_until(event: dict[str, Any]) -> datetime | None:
    """The end of the token, which API Gateway has found to have one. None without a sign-in."""
    ends_at = _claims(event).get("exp")
    return None if ends_at is None else datetime.fromtimestamp(int(ends_at), UTC)


def _claims(event: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = (
        event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    )
    return claims


def _answer(status: int, body: str, *, content_type: str = _JSON) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": content_type}, "body": body}
