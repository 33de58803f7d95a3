import asyncio
import json
import sys
import types
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local.processes.ready import free_port
from local.pump.lambda_function import LambdaFunction
from local.web_host.app import Backend, WebHost
from quantterminal import topology

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


def frame(sequence: int, *, first: bool) -> str:
    return json.dumps({"type": "hello" if first else "tick", "sequence": sequence})


def serve(dist: Path, talk: Callable[[Client, str], Awaitable[None]]) -> None:
    async def run() -> None:
        port = free_port()
        backend = Backend(
            api=LambdaFunction(topology.function("api")),
            live=LambdaFunction(topology.function("live")),
            frame=frame,
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


def test_the_live_socket_says_hello_and_then_ticks(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = handlers(monkeypatch)

    async def talk(client: Client, url: str) -> None:
        async with client.ws_connect(f"{url}/live", origin=url) as socket:
            first, second = await socket.receive_json(), await socket.receive_json()
        assert (first["type"], first["sequence"]) == ("hello", 0)
        assert (second["type"], second["sequence"]) == ("tick", 1)

    serve(dist, talk)

    routes = [event["requestContext"]["routeKey"] for event in events]
    assert routes == ["$connect", "$disconnect"]


def test_without_a_built_page_it_says_what_to_run(tmp_path: Path) -> None:
    async def talk(client: Client, url: str) -> None:
        async with client.get(url) as answer:
            assert answer.status == 404
            assert "make run" in await answer.text()

    serve(tmp_path / "missing", talk)
