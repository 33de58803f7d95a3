"""What only the cloud calls: switches, the deploy step, the live socket's door, who may operate."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from handlers import api, authorize, live, migrate, power
from quantterminal import bootstrap
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.live import MemoryConnections
from quantterminal.adapters.memory.plant import MemoryPlant
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.memory.tickets import MemoryTicketDesk
from quantterminal.adapters.wire.frames import encode_frame
from quantterminal.services.api_requests import VERBS
from quantterminal.services.power import PowerRuntime
from tests.unit.quantterminal.services.test_power import SATURDAY

PAGE = "https://page.example"
ARN = "arn:aws:execute-api:us-east-1:1:api/live/$connect"


def request(
    path: str, *, groups: str | None = None, origin: str = PAGE, exp: str = ""
) -> dict[str, Any]:
    claims = {"sub": "me"} | ({} if groups is None else {"cognito:groups": groups})
    claims |= {"exp": exp} if exp else {}
    return {
        "rawPath": path,
        "headers": {"origin": origin},
        "body": json.dumps({"reason": "test"}),
        "requestContext": {
            "http": {"method": "POST"},
            "authorizer": {"jwt": {"claims": claims}},
        },
    }


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryTicketDesk:
    desk = MemoryTicketDesk()
    monkeypatch.setattr(bootstrap, "ticket_desk", lambda _service: desk)
    return desk


@pytest.mark.usefixtures("desk")
def test_a_ticket_from_the_api_opens_the_door_once() -> None:
    ticket = json.loads(api.handler(request("/api/ticket"), None)["body"])["ticket"]
    knock = {
        "methodArn": ARN,
        "headers": {"Origin": PAGE},
        "queryStringParameters": {"ticket": ticket},
    }
    first, second = (authorize.handler(knock, None) for _ in range(2))
    assert first["principalId"] == "me"
    [statement] = first["policyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", ARN)
    assert second["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("exp", ["1795532400", ""])
def test_a_socket_is_noted_down_with_the_end_of_its_sign_in(
    monkeypatch: pytest.MonkeyPatch, exp: str
) -> None:
    registry = MemoryConnections()
    monkeypatch.setattr(bootstrap, "connection_registry", lambda: registry)
    ticket = json.loads(api.handler(request("/api/ticket", exp=exp), None)["body"])["ticket"]
    knock = {"ticket": ticket}
    event = {"methodArn": ARN, "headers": {"Origin": PAGE}, "queryStringParameters": knock}

    found = authorize.handler(event, None).get("context", {})
    connected = {"routeKey": "$connect", "connectionId": "socket", "authorizer": found}
    live.handler({"requestContext": connected}, None)

    until = datetime.fromtimestamp(int(exp), UTC) if exp else None
    assert registry.connections() == {"socket": until}


@pytest.mark.usefixtures("desk")
def test_the_door_stays_shut_without_a_ticket() -> None:
    answer = authorize.handler({"methodArn": ARN, "headers": None}, None)
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@pytest.mark.usefixtures("desk")
def test_a_ticket_is_for_a_page() -> None:
    assert api.handler(request("/api/ticket", origin=""), None)["statusCode"] == 400


@pytest.mark.parametrize(
    "groups", [None, "[viewers]", "[]", "operators-of-something", "[xoperators]"]
)
@pytest.mark.parametrize("path", [f"/api/{verb}" for verb in VERBS])
def test_only_operators_operate(
    monkeypatch: pytest.MonkeyPatch, path: str, groups: str | None
) -> None:
    monkeypatch.setattr(bootstrap, "operator_group", lambda: "operators")
    assert api.handler(request(path, groups=groups), None)["statusCode"] == 403


@pytest.mark.parametrize("groups", ["[operators]", "[viewers operators]", "operators"])
def test_operators_are_let_through(monkeypatch: pytest.MonkeyPatch, groups: str) -> None:
    reached: list[str] = []
    monkeypatch.setattr(bootstrap, "operator_group", lambda: "operators")
    monkeypatch.setattr(bootstrap, "api_runtime", lambda: reached.append("runtime"))
    monkeypatch.setattr(api, "command", lambda verb, *_, **__: {"verb": verb})
    assert api.handler(request("/api/halt", groups=groups), None)["statusCode"] == 200
    assert reached == ["runtime"]


@pytest.mark.parametrize(
    ("group", "groups", "told"),
    [("", None, "true"), ("operators", "[operators]", "true"), ("operators", "[viewers]", "false")],
)
def test_a_visitor_is_told_what_it_may_do(
    monkeypatch: pytest.MonkeyPatch, group: str, groups: str | None, told: str
) -> None:
    dashboard = SimpleNamespace(encode=encode_frame)
    monkeypatch.setattr(bootstrap, "operator_group", lambda: group)
    monkeypatch.setattr(bootstrap, "api_runtime", lambda: SimpleNamespace(dashboard=dashboard))
    event = request("/api/visitor", groups=groups)
    event["requestContext"]["http"]["method"] = "GET"

    answer = api.handler(event, None)

    assert answer["body"] == f'{{"name":"me","may_operate":{told}}}'


def test_the_socket_is_announced_and_refuses_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = MemoryConnections()
    monkeypatch.setattr(bootstrap, "connection_registry", lambda: registry)

    def told(route: str) -> int:
        context = {"routeKey": route, "connectionId": "socket"}
        status: int = live.handler({"requestContext": context}, None)["statusCode"]
        return status

    assert told("$connect") == 200
    assert registry.connections() == {"socket": None}
    assert told("$default") == 400
    assert told("$disconnect") == 200
    assert registry.connections() == {}


def test_power_is_forced_only_by_a_true(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = PowerRuntime(MemoryPlant(), MemoryClock(SATURDAY), MemoryTelemetry())
    monkeypatch.setattr(bootstrap, "power_runtime", lambda: runtime)
    event = {"action": "container-up"}
    assert power.handler(event | {"force": "no"}, None) == {"switched": False}
    assert power.handler(event | {"force": True}, None) == {"switched": True}


class Answers(HTTPServer):
    """Takes what CloudFormation would be told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.bodies: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/answer?signature=x"


class _Answer(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Answers)
        self.server.bodies.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Silent."""


@pytest.fixture
def answers() -> Iterator[Answers]:
    with Answers() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def asked(answers: Answers, kind: str) -> dict[str, Any]:
    names = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "step"}
    return {"RequestType": kind, "ResponseURL": answers.url, **names}


def test_a_deploy_is_told_what_was_applied(
    monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    monkeypatch.setattr(bootstrap, "prepare_ledger", lambda: ["0001_ledger.sql"])
    assert migrate.handler(asked(answers, "Create"), None) == {"applied": ["0001_ledger.sql"]}
    [told] = answers.bodies
    assert (told["Status"], told["PhysicalResourceId"]) == ("SUCCESS", "ledger")
    assert "0001_ledger.sql" in told["Reason"]


def test_a_failed_migration_fails_the_deploy(
    monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    def fail() -> list[str]:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(bootstrap, "prepare_ledger", fail)
    migrate.handler(asked(answers, "Update"), None)
    [told] = answers.bodies
    assert told["Status"] == "FAILED"
    assert "nobody there" in told["Reason"]


def test_deleting_the_stack_touches_no_ledger(
    monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    monkeypatch.setattr(bootstrap, "prepare_ledger", lambda: pytest.fail("not now"))
    migrate.handler(asked(answers, "Delete"), None)
    assert answers.bodies[0]["Status"] == "SUCCESS"
