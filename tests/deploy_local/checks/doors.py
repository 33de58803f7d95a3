"""The two doors to the outside, knocked at over HTTP and over a socket, as a browser does."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import urllib3
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from local.processes.local_aws import LocalAwsAddress
from quantterminal.adapters.apigateway.push import ApiGatewayPush
from quantterminal.adapters.redis.connection import connect as connect_cache
from quantterminal.adapters.redis.connections import RedisConnections
from tests.deploy_local.findings import Findings
from tests.deploy_local.ground import Ground
from tests.deploy_local.inventory import Inventory
from tests.e2e.qt_process import poll

PAGE = "https://page.example.com"
TOKEN_ENDS = datetime(2100, 1, 1, tzinfo=UTC)


def check_doors(
    findings: Findings, inventory: Inventory, *, ground: Ground, address: LocalAwsAddress
) -> None:
    apis = {
        each["ProtocolType"]: each["ApiId"]
        for each in inventory.client("apigatewayv2").get_apis()["Items"]
    }
    base = f"127.0.0.1:{address.port}/_aws/execute-api"
    picture = f"http://{base}/{apis['HTTP']}/$default/api/dashboard"
    for what, headers in (
        ("nobody", {}),
        ("a made-up token", {"Authorization": "Bearer e30.e30.made-up"}),
    ):
        answer = urllib3.request("GET", picture, headers=headers)
        findings.equal(f"HTTP API turns {what} away", answer.status, 401)
    curve = json.loads(ask(inventory, "GET", "/api/curve/all")["body"])
    # the container began in the recorded minutes' time, long before
    told = {each["text"].split()[0] for each in curve["markers"]}
    findings.equal("starts stand beside the curve", told, {"container", "deploy"})
    stages = inventory.client("apigatewayv2").get_stages(ApiId=apis["WEBSOCKET"])["Items"]
    socket = f"ws://{base}/{apis['WEBSOCKET']}/{stages[0]['StageName']}"
    ticket = json.loads(ask(inventory, "POST", "/api/ticket")["body"])["ticket"]
    findings.equal("the live socket opens to a ticket", _knock(socket, ticket), 101)
    findings.equal("the same ticket opens nothing again", _knock(socket, ticket), 403)
    findings.equal("a made-up ticket opens nothing", _knock(socket, "made-up"), 403)
    ticket = json.loads(ask(inventory, "POST", "/api/ticket")["body"])["ticket"]
    back = address.client("apigatewaymanagementapi", url=socket.replace("ws://", "http://"))
    registry = _registry(inventory, ground)
    others = registry.connections()
    with connect(f"{socket}?ticket={ticket}", origin=Origin(PAGE), proxy=None) as opened:
        [listening] = set(registry.connections()) - set(others)
        until = registry.connections()[listening]
        findings.equal("a socket is noted down with the end of its token", until, TOKEN_ENDS)
        pushed = ApiGatewayPush(back).send(listening, "a tick")
        findings.equal(
            "a push reaches the socket", (pushed, opened.recv(timeout=5)), (True, "a tick")
        )
        ApiGatewayPush(back).close(listening)
    # the gateway notices a little later that a socket has gone
    poll(lambda: not ApiGatewayPush(back).send(listening, "too late"), deadline_s=10)
    findings.holds("a push to a socket that has gone says so", condition=True)


def ask(
    inventory: Inventory, method: str, path: str, *, groups: str = "[operators]"
) -> Mapping[str, Any]:
    """As API Gateway calls `api` after it has checked the token (HTTP API, payload 2.0)."""
    ends = str(int(TOKEN_ENDS.timestamp()))
    claims = {"sub": "somebody", "cognito:groups": groups, "exp": ends}
    event = {
        "version": "2.0",
        "rawPath": path,
        "headers": {"origin": PAGE},
        "requestContext": {
            "http": {"method": method, "path": path},
            "authorizer": {"jwt": {"claims": claims, "scopes": ["openid"]}},
        },
        "body": "{}",
    }
    found: Mapping[str, Any] = inventory.invoke("api", event)
    return found


def _registry(inventory: Inventory, ground: Ground) -> RedisConnections:
    """Who listens, as the container sees it."""
    variables = inventory.variables("live")
    secrets = inventory.client("secretsmanager")
    found = secrets.get_secret_value(SecretId=variables["QT_REDIS_SECRET_ID"])["SecretString"]
    fields = json.loads(found)
    client = connect_cache(
        ground.replaced["QT_REDIS_URL"],
        username=fields["username"],
        password=fields["password"],
    )
    return RedisConnections(client, json.loads(variables["QT_CONFIG"])["account"])


def _knock(socket: str, ticket: str) -> int:
    """The status of the handshake."""
    try:
        with connect(f"{socket}?ticket={ticket}", origin=Origin(PAGE), proxy=None):
            return 101
    except InvalidStatus as refused:
        return int(refused.response.status_code)
