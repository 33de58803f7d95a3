"""The built page in a real browser, against a small server that speaks its contract."""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, expect, sync_playwright

from quantterminal.domain import view
from tests.browser import NONE_TO_BE_HAD, chromium

DIST = Path(__file__).parents[2] / "web" / "dist"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
START = datetime(2013, 10, 7, 14, 31, 4, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not (DIST / "index.html").exists(), reason="the page is not built: make web"
)


def order(number: int, **changes: Any) -> view.OrderRow:
    row = view.OrderRow(
        client_order_id=f"qt1-momentum-{number}",
        at=START - timedelta(minutes=number),
        strategy="momentum",
        symbol="IBM",
        side="buy",
        quantity="120",
        filled_quantity="120",
        limit_price="181.3500",
        average_price="181.3312",
        status="filled",
        reason="",
    )
    return replace(row, **changes)


def dashboard() -> view.Dashboard:
    return view.Dashboard(
        at=START,
        mode="SIMULATED",
        account="sim-1",
        source="synthetic, seed 7",
        speed="60x",
        session_open=True,
        equity="100000.00",
        cash="78241.10",
        day_open_equity="100000.00",
        day_pnl="0.00",
        day_pnl_fraction="0",
        realized_pnl="12.50",
        unrealized_pnl="-12.50",
        buying_power="70000.00",
        reserved="8241.10",
        high_water_mark="100250.00",
        drawdown_fraction="0.0025",
        halt_level="ACTIVE",
        halts=(),
        positions=(
            view.PositionRow(
                symbol="IBM",
                quantity="120",
                average_price="181.3312",
                last="181.2300",
                market_value="21747.60",
                unrealized_pnl="-12.50",
                realized_pnl="12.50",
                weight="0.0217",
                strategies=("momentum",),
            ),
        ),
        orders=(order(1), order(2, status="POSITION_LIMIT", reason="Expected <= 10 %")),
        strategies=(view.StrategyRow("momentum", "ACTIVE", "0.00", 4, "buy IBM"),),
        health=view.Health("live", "live", 12.0, 40.0, 390, 1, 8.4, 31.0),
        alerts=(),
        reports=(view.ReportRow("2013-10-04", "/api/reports/2013-10-04.html", "javascript:x"),),
    )


class PageServer:
    """Serves `web/dist` and the contract. Nothing moves unless the test says so."""

    def __init__(self) -> None:
        self.dashboard = dashboard()
        self.curve: tuple[view.EquityPoint, ...] = ()
        self.sequence = 0
        self.commands: list[tuple[str, dict[str, str], str]] = []
        self.snapshots = 0
        self.port = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self._call(self._start())

    def stop(self) -> None:
        self._call(self._stop())

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def tick(self, *, skip: int = 0, **changes: Any) -> None:
        """One second later: a tick with `changes`; `skip` leaves so many sequence numbers out."""
        changes.setdefault("at", self.dashboard.at + timedelta(seconds=1))
        self.dashboard = replace(self.dashboard, **changes)
        self.curve += (view.EquityPoint(self.dashboard.at, self.dashboard.equity),)
        self.sequence += 1 + skip
        self.send(self._message("tick", view.Tick(self.sequence, self.dashboard)))

    def send(self, text: str) -> None:
        self._call(self._broadcast(text))

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/api/dashboard", self._snapshot)
        app.router.add_get("/live", self._live)
        app.router.add_post("/api/{verb:halt|resume|flatten}", self._command)
        app.router.add_static("/", DIST)
        app.on_response_prepare.append(self._secure)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        for socket in tuple(self._sockets):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _broadcast(self, text: str) -> None:
        for socket in tuple(self._sockets):
            await socket.send_str(text)

    async def _secure(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = POLICY

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(DIST / "index.html")

    async def _snapshot(self, _request: web.Request) -> web.Response:
        self.snapshots += 1
        return web.Response(text=self._hello(), content_type="application/json")

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        await socket.send_str(self._hello())
        async for _ in socket:
            pass
        self._sockets.discard(socket)
        return socket

    async def _command(self, request: web.Request) -> web.Response:
        body = await request.json()
        verb = request.match_info["verb"]
        self.commands.append((verb, body, request.headers["Idempotency-Key"]))
        return web.json_response({"message": f"{verb} {HOSTILE}"})

    def _hello(self) -> str:
        return self._message("hello", view.Hello(self.sequence, self.dashboard, self.curve))

    @staticmethod
    def _message(kind: str, message: view.Hello | view.Tick) -> str:
        return json.dumps({"type": kind, **msgspec.to_builtins(message)})


@pytest.fixture
def server() -> Iterator[PageServer]:
    server = PageServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip(NONE_TO_BE_HAD)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: PageServer) -> Iterator[Page]:
    """The page as a person opens it. It may neither raise nor breach the security policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(server.url)
    expect(page.get_by_test_id("connection")).to_contain_text("LIVE")
    yield page
    context.close()
    away = re.compile(r"WebSocket connection to|Failed to load resource")
    assert [fault for fault in faults if not away.search(fault)] == []


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("Expected the condition to become true within 5 s")


def test_equity_and_pnl_move_with_each_tick(page: Page, server: PageServer) -> None:
    expect(page.get_by_test_id("mode")).to_have_text("SIMULATED")
    expect(page.get_by_test_id("clock")).to_have_text("10:31:04")
    expect(page.get_by_test_id("equity")).to_have_text("100,000.00")
    server.tick(equity="100123.456", day_pnl="123.456", day_pnl_fraction="0.00123456")
    expect(page.get_by_test_id("equity")).to_have_text("100,123.46")
    expect(page.get_by_test_id("day-pnl")).to_have_text("+123.46")
    expect(page.get_by_test_id("day-pnl-note")).to_have_text("+0.12%")
    expect(page.get_by_test_id("clock")).to_have_text("10:31:05")
    server.tick(equity="99876.54", day_pnl="-123.46", day_pnl_fraction="-0.0012346")
    expect(page.get_by_test_id("day-pnl")).to_have_text("\u2212123.46")
    expect(page.locator("[role=img] canvas").first).to_be_visible()


def test_the_reason_of_a_denied_order_is_shown(page: Page) -> None:
    denied = page.locator("[data-order=qt1-momentum-2]")
    expect(denied).to_contain_text("POSITION_LIMIT")
    expect(denied).to_contain_text("Expected <= 10 %")


def test_hostile_text_stays_text(page: Page, server: PageServer) -> None:
    endless = HOSTILE + "A" * 500
    row = order(0, symbol=HOSTILE, reason=endless, status=HOSTILE, strategy=endless)
    server.tick(
        orders=(row,),
        strategies=(view.StrategyRow(HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE),),
        alerts=(view.AlertRow(START, HOSTILE, endless),),
        source=endless,
        halt_level=HOSTILE,
        halts=(view.HaltRow(HOSTILE, HOSTILE, HOSTILE, endless, START),),
    )
    shown = page.locator("[data-order=qt1-momentum-0]")
    expect(shown).to_contain_text(HOSTILE)
    expect(page.get_by_role("region", name="Alerts")).to_contain_text(HOSTILE)
    expect(page.locator("b")).to_have_count(0)
    expect(page.locator("img")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert "owned" not in page.title()


def test_only_report_links_of_this_server_are_links(page: Page, server: PageServer) -> None:
    reports = page.get_by_role("region", name="Reports")
    link = reports.get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "/api/reports/2013-10-04.html")
    server.tick(reports=())
    expect(reports).to_contain_text("after the close")


def test_a_gap_fetches_the_whole_picture(page: Page, server: PageServer) -> None:
    server.tick(equity="100001.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,001.00")
    before = server.snapshots
    server.tick(skip=3, equity="100002.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,002.00")
    wait_for(page, lambda: server.snapshots == before + 1)


def test_a_message_that_is_not_understood_is_told_and_not_shown(
    page: Page, server: PageServer
) -> None:
    server.send('{"type": "tick", "sequence": 1, "dashboard": {"equity": 5}}')
    expect(page.get_by_text("Expected Instant at tick.dashboard.at, was nothing")).to_be_visible()
    expect(page.get_by_test_id("equity")).to_have_text("100,000.00")
    server.tick(equity="100003.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,003.00")
    expect(page.get_by_text("was not understood")).to_have_count(0)


def test_a_lost_server_is_stale_then_down_and_comes_back(page: Page, server: PageServer) -> None:
    connection = page.get_by_test_id("connection")
    server.stop()
    expect(connection).to_contain_text("STALE")
    expect(page.get_by_text("these figures are from 10:31:04 EDT")).to_be_visible()
    expect(connection).to_contain_text("DOWN", timeout=10_000)
    expect(page.get_by_test_id("equity")).to_have_text("100,000.00")
    server.dashboard = replace(server.dashboard, equity="100777.00")
    server.start()
    expect(connection).to_contain_text("LIVE", timeout=20_000)
    expect(page.get_by_test_id("equity")).to_have_text("100,777.00")


def test_pause_is_sent_once_and_acknowledged(page: Page, server: PageServer) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text(f"Pause: halt {HOSTILE}")
    [(verb, body, key)] = server.commands
    assert (verb, body) == ("halt", {"reason": "Paused from the dashboard"})
    assert re.fullmatch(r"[0-9a-f]{32}", key)
    halted = view.HaltRow("account", "REDUCE_ONLY", "OPERATOR", "Paused", START)
    server.tick(halt_level="REDUCE_ONLY", halts=(halted,))
    expect(page.get_by_test_id("halt-level")).to_contain_text("REDUCE ONLY")


def test_resume_asks_for_a_reason(page: Page, server: PageServer) -> None:
    page.get_by_role("button", name="Resume…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Resume trading")).to_be_disabled()
    dialog.get_by_role("textbox").fill("  feed is back? yes ")
    dialog.get_by_role("button", name="Resume trading").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("Resume: resume")
    assert [command[:2] for command in server.commands] == [
        ("resume", {"reason": "feed is back? yes"})
    ]


def test_flatten_is_sent_once_and_only_when_held(page: Page, server: PageServer) -> None:
    button = page.get_by_role("button", name="Hold to flatten")
    button.click()
    button.click(delay=700)
    button.press("Enter")
    holding = page.get_by_role("button", name="Keep holding…")
    expect(holding).to_have_count(0)
    assert server.commands == []
    button.hover()
    page.mouse.down()
    expect(holding).to_be_visible()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("Flatten: flatten")
    page.mouse.up()
    assert [command[:2] for command in server.commands] == [
        ("flatten", {"reason": "Flattened from the dashboard"})
    ]


def test_the_question_mark_opens_and_closes_help(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Help")).to_be_hidden()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (390, 844)])
def test_the_page_never_scrolls_sideways(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.get_by_role("button", name="Pause")).to_be_in_viewport()
    expect(page.get_by_test_id("mode")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
