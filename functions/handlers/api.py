"""The REST API behind API Gateway (HTTP API, payload 2.0): read the picture, stop the trading."""

import json
from typing import Any

from quantterminal import bootstrap
from quantterminal.domain.errors import InvalidValueError, PermanentError
from quantterminal.services.api_requests import command
from quantterminal.services.dashboard import hello

_JSON = "application/json"
_TYPES = {"html": "text/html; charset=utf-8", "json": _JSON}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """200 with what was asked, 400 with what was expected, 404 for what does not exist."""
    method, path = event["requestContext"]["http"]["method"], event["rawPath"]
    try:
        if method == "GET" and path == "/api/dashboard":
            picture = bootstrap.api_runtime().dashboard
            return _answer(200, picture.encode(hello(0, runtime=picture)))
        if method == "GET" and path.startswith("/api/reports/"):
            return _report(path.removeprefix("/api/reports/"))
        if method == "POST" and path in ("/api/halt", "/api/resume", "/api/flatten"):
            return _command(path.removeprefix("/api/"), event)
    except InvalidValueError as problem:
        return _answer(400, json.dumps({"message": str(problem)}))
    except PermanentError:
        pass
    return _answer(404, json.dumps({"message": f"Nothing answers {method} {path}"}))


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


def _actor(event: dict[str, Any]) -> str:
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    return str(claims.get("sub", "local operator"))


def _answer(status: int, body: str, *, content_type: str = _JSON) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": content_type}, "body": body}
