import asyncio
import json
import sys
import types
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import boto3
import pytest
from aiohttp import web

from local.processes.ready import free_port
from local.pump.lambda_function import LambdaFunction
from local.web_host.app import Backend, WebHost
from quantterminal import topology
from quantterminal.adapters.apigateway.push import ApiGatewayPush

Client = aiohttp.ClientSession


def handlers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand-ins for the two functions; what they were called with."""
    events: list[dict[str, Any]] = []

    def api(event: dict[str, Any], _context: object) -> dict[str, Any]:
        events.append(event)
        if event["rawPath"] == "/api/broken":
            raise ValueError("broken")
        kind = "text/html" if event["rawPath"].endswith(".html") else "application/json"
        return {"statusCode": 200, "headers": {"content-type": kind}, "body": '{"ok": true}'}

    def live(event: dict[str, Any], _context: object) -> dict[str, Any]:
        events.append(event)
        return {"statusCode": 200}

    for name, handler in (("api", api), ("live", live)):
        module = types.ModuleType(f"handlers.{name}")
        module.handler = handler  # type: ignore[attr-defined]  # a module made for this test
        monkeypatch.setitem(sys.modules, f"handlers.{name}", module)
    return events


def serve(dist: Path, talk: Callable[[Client, str], Awaitable[None]]) -> None:
    async def run() -> None:
        port = free_port()
        backend = Backend(
            api=LambdaFunction(topology.function("api")),
            live=LambdaFunction(topology.function("live")),
        )
        runner = web.AppRunner(WebHost(backend, dist=dist, port=port).app(), shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            async with aiohttp.ClientSession() as client:
                await talk(client, f"http://127.0.0.1:{port}")
        finally:
            await runner.cleanup()

    asyncio.run(run())


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<title>QuantTerminal</title>")
    (tmp_path / "dist" / "assets" / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path / "dist"


def test_the_page_comes_with_strict_headers_and_is_never_cached(dist: Path) -> None:
    async def talk(client: Client, url: str) -> None:
        async with client.get(url) as page:
            assert page.status == 200
            assert "QuantTerminal" in await page.text()
            assert page.headers["Cache-Control"] == "no-store"
            assert "unsafe" not in page.headers["Content-Security-Policy"]
            assert page.headers["X-Content-Type-Options"] == "nosniff"
        async with client.get(f"{url}/assets/app.js") as script:
            assert "javascript" in script.headers["Content-Type"]
            assert "immutable" in script.headers["Cache-Control"]

    serve(dist, talk)


def test_nothing_outside_of_the_page_is_served(dist: Path) -> None:
    async def talk(client: Client, url: str) -> None:
        for path in ("/..%2fsecret.txt", "/%2e%2e/secret.txt", "/nowhere"):
            async with client.get(f"{url}{path}") as answer:
                assert answer.status == 404
                assert "secret" not in await answer.text()

    serve(dist, talk)


def test_the_api_is_called_as_behind_a_gateway(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = handlers(monkeypatch)

    async def talk(client: Client, url: str) -> None:
        async with client.get(f"{url}/api/dashboard") as answer:
            assert await answer.json() == {"ok": True}
            assert answer.headers["Cache-Control"] == "no-store"
        headers = {"Origin": url, "Idempotency-Key": "k"}
        async with client.post(f"{url}/api/halt", json={"reason": "x"}, headers=headers) as answer:
            assert answer.status == 200
        async with client.get(f"{url}/api/reports/2024-03-04.html") as report:
            assert "sandbox" in report.headers["Content-Security-Policy"]

    serve(dist, talk)

    assert [event["rawPath"] for event in events][:2] == ["/api/dashboard", "/api/halt"]
    assert events[1]["headers"]["idempotency-key"] == "k"
    assert json.loads(events[1]["body"]) == {"reason": "x"}


def test_a_failing_handler_tells_the_world_nothing(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers(monkeypatch)

    async def talk(client: Client, url: str) -> None:
        async with client.get(f"{url}/api/broken") as answer:
            assert answer.status == 500
            assert await answer.json() == {"message": "Internal Server Error"}

    serve(dist, talk)


def test_strangers_are_refused(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = handlers(monkeypatch)

    async def talk(client: Client, url: str) -> None:
        async with client.post(f"{url}/api/halt", json={"reason": "x"}) as answer:
            assert answer.status == 403
        async with client.get(url, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await client.ws_connect(f"{url}/live", origin="http://evil.example")

    serve(dist, talk)

    assert events == []


def test_a_message_reaches_the_socket_that_it_is_for(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = handlers(monkeypatch)

    def back(url: str) -> ApiGatewayPush:
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"{url}/live",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        return ApiGatewayPush(client)

    def pushed(url: str, socket: str, text: str) -> bool:
        return back(url).send(socket, text)

    async def talk(client: Client, url: str) -> None:
        async with client.ws_connect(f"{url}/live", origin=url) as socket:
            name = events[0]["requestContext"]["connectionId"]
            assert await asyncio.to_thread(pushed, url, name, "hello") is True
            assert await socket.receive_str() == "hello"
            assert await asyncio.to_thread(pushed, url, "nobody", "hello") is False
            closing = asyncio.to_thread(back(url).close, name)
            ended, _ = await asyncio.gather(socket.receive(), closing)
            assert ended.type is aiohttp.WSMsgType.CLOSE
            await asyncio.to_thread(back(url).close, "nobody")
        assert await asyncio.to_thread(pushed, url, name, "late") is False

    serve(dist, talk)

    routes = [event["requestContext"]["routeKey"] for event in events]
    assert routes == ["$connect", "$disconnect"]


def test_nobody_else_sends_messages_to_the_sockets(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = handlers(monkeypatch)
    signature = {"Authorization": "AWS4-HMAC-SHA256 Credential=local/x"}

    async def talk(client: Client, url: str) -> None:
        async with client.ws_connect(f"{url}/live", origin=url):
            name = events[0]["requestContext"]["connectionId"]
            for headers in ({}, {"Origin": url}, {"Origin": url, **signature}):
                back = f"{url}/live/@connections/{name}"
                async with client.post(back, data="x", headers=headers) as answer:
                    assert answer.status == 403

    serve(dist, talk)


def test_without_a_built_page_it_says_what_to_run(tmp_path: Path) -> None:
    async def talk(client: Client, url: str) -> None:
        async with client.get(url) as answer:
            assert answer.status == 404
            assert "make run" in await answer.text()

    serve(tmp_path / "missing", talk)
