"""A small server that speaks the contract of the page, for tests that say what it shows."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from quantterminal.adapters.wire.frames import encode_frame
from quantterminal.domain import view
from quantterminal.domain.view_changes import changes
from quantterminal.services.dashboard import View

# As many as the real one answers with.
MOST_POINTS = 1_500
DIST = Path(__file__).parents[2] / "web" / "dist"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
START = datetime(2013, 10, 7, 14, 31, 4, tzinfo=UTC)


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
        gross="21747.60",
        net="21747.60",
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
        strategies=(view.StrategyRow("momentum", "ACTIVE", "0.00", 4, "buy IBM", START, 2),),
        limits=(
            view.LimitRow("DAILY_LOSS", "0.01", "0.05", "fraction", "stops new entries"),
            view.LimitRow("POSITION_LIMIT", "0.0217", "0.10", "fraction", "denies", "IBM"),
        ),
        quotes=(
            view.QuoteRow("IBM", "181.2200", "181.2400", START),
            view.QuoteRow("SPY", "167.4000", "167.4100", START),
        ),
        health=view.Health("live", "live", 12.0, 40.0, 390, 1, 8.4, 31.0, 0.4, None),
        alerts=(),
    )


def minute_bars(symbol: str) -> view.BarsView:
    """An hour of bars that ends at `START`."""
    hour = (START - timedelta(minutes=60 - number) for number in range(60))
    rows = (
        view.BarRow(at.replace(second=0), 181 + n % 3, 182 + n % 3, 180, 181.5, 1000.0)
        for n, at in enumerate(hour)
    )
    return view.BarsView(symbol, tuple(rows))


class PageServer:
    """Serves `web/dist` and the contract. Nothing moves unless the test says so."""

    def __init__(self) -> None:
        self.dashboard = dashboard()
        self.curve: tuple[view.EquityPoint, ...] = ()
        self.markers: tuple[view.Marker, ...] = ()
        self.backtest: tuple[view.EquityPoint, ...] = ()
        self.reports: tuple[view.ReportRow, ...] = (
            view.ReportRow("2013-10-04", "/api/reports/2013-10-04.html", "javascript:x"),
        )
        self.visitor = view.Visitor("ann", may_operate=True)
        self.policy = POLICY
        self.sign_in: Mapping[str, str] = {}
        self.tickets: list[str] = []
        self.authorizations: set[str] = set()
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

    def tick(self, *, skip: int = 0, **changed: Any) -> None:
        """One second later: a tick of what `changed`, after `skip` sequence numbers left out."""
        changed.setdefault("at", self.dashboard.at + timedelta(seconds=1))
        before, self.dashboard = self.dashboard, replace(self.dashboard, **changed)
        point = view.EquityPoint(self.dashboard.at, self.dashboard.equity)
        self.curve = (*self.curve[-MOST_POINTS:], point)
        self.sequence += 1 + skip
        told = changes(before, self.dashboard)
        self.send(encode_frame(view.Tick(self.sequence, self.dashboard.at, told)))

    def end_sockets(self) -> None:
        """As API Gateway ends the sockets of a sign-in that has ended."""
        self._call(self._end_sockets())

    def send(self, text: str) -> None:
        self._call(self._broadcast(text))

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/sign-in.json", self._sign_in)
        app.router.add_get("/api/{view:.*}", self._view)
        app.router.add_get("/live", self._live)
        app.router.add_post("/api/ticket", self._ticket)
        app.router.add_post("/api/{verb}", self._command)
        app.router.add_static("/", DIST)
        app.on_response_prepare.append(self._secure)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _end_sockets(self) -> None:
        for socket in tuple(self._sockets):
            await socket.close()

    async def _stop(self) -> None:
        await self._end_sockets()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _broadcast(self, text: str) -> None:
        for socket in tuple(self._sockets):
            await socket.send_str(text)

    async def _secure(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = self.policy

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(DIST / "index.html")

    async def _sign_in(self, _request: web.Request) -> web.Response:
        return web.json_response(dict(self.sign_in))

    async def _ticket(self, request: web.Request) -> web.Response:
        self.authorizations.add(request.headers.get("Authorization", ""))
        return web.json_response({"ticket": f"ticket-{len(self.tickets)}"})

    async def _view(self, request: web.Request) -> web.Response:
        self.authorizations.add(request.headers.get("Authorization", ""))
        shown: View
        match request.match_info["view"].split("/"):
            case ["dashboard"]:
                self.snapshots += 1
                shown = self._hello()
            case ["curve", span]:
                points = self.curve[-MOST_POINTS:]
                shown = view.CurveView(span, points, self.markers, "99900.00", self.backtest)
            case ["bars", symbol]:
                shown = minute_bars(symbol)
            case ["reports"]:
                shown = view.ReportsView(self.reports)
            case ["visitor"]:
                shown = self.visitor
            case _:
                raise web.HTTPNotFound
        return web.Response(text=encode_frame(shown), content_type="application/json")

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        self.tickets.append(request.query.get("ticket", ""))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        await socket.send_str(encode_frame(self._hello()))
        async for _ in socket:
            pass
        self._sockets.discard(socket)
        return socket

    async def _command(self, request: web.Request) -> web.Response:
        body = await request.json()
        verb = request.match_info["verb"]
        self.commands.append((verb, body, request.headers["Idempotency-Key"]))
        return web.json_response({"message": f"{verb} {HOSTILE}"})

    def _hello(self) -> view.Hello:
        return view.Hello(self.sequence, self.dashboard, self.curve[-MOST_POINTS:])
