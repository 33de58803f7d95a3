"""The control API of the local market: steps, state, pause and faults, as JSON on loopback.

It belongs to the local run and its tests alone; the pipeline never calls it.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from local.market.bars import instant
from local.market.broker_json import account_equity
from local.market.desk import Desk
from local.market.faults import FAULT_KINDS, Faults
from local.market.feed_server import FeedServer
from local.market.player import MarketClock, Player
from local.market.wire import dumps, plain, stamp

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many bars there are: all rows, and the sound ones of regular sessions in order."""

    bars_total: int
    bars_in_session: int
    source: str


class ControlServer:
    """Builds the aiohttp application of the control port."""

    def __init__(
        self,
        player: Player,
        *,
        clock: MarketClock,
        feed: FeedServer,
        desk: Desk,
        faults: Faults,
        extent: Extent,
    ) -> None:
        self._player = player
        self._clock = clock
        self._feed = feed
        self._desk = desk
        self._faults = faults
        self._extent = extent

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/step", self._step),
                web.get("/state", self._state),
                web.post("/pause", self._pause),
                web.post("/resume", self._resume),
                web.post("/fault", self._fault),
                web.get("/broker/prices", self._prices),
                web.post("/broker/activity", self._activity),
                web.post("/broker/untradable", self._untradable),
            ]
        )
        return app

    async def _step(self, _request: web.Request) -> web.Response:
        if self._player.speed:
            return _conflict("this market runs by itself; only a market at speed 0 is stepped")
        played = await self._player.step()
        step = played.step
        return _json(
            {
                "now": stamp(self._clock.now()),
                "kind": step.kind,
                "minute": None if step.minute_ms is None else stamp(instant(step.minute_ms)),
                "events": played.events,
                "sent": played.sent,
                "updates": played.updates,
            }
        )

    async def _state(self, _request: web.Request) -> web.Response:
        return _json(
            {
                "now": stamp(self._clock.now()),
                "ended": self._player.has_ended,
                "source": self._extent.source,
                "bars_total": self._extent.bars_total,
                "bars_in_session": self._extent.bars_in_session,
                "bars_played": self._player.bars_played,
                "feed": {
                    "connections": self._feed.connection_count,
                    "subscribed": self._feed.is_subscribed,
                    "sent": self._feed.sent,
                },
                "broker": self._broker_state(),
            }
        )

    def _broker_state(self) -> dict[str, Any]:
        broker = self._desk.broker
        holdings = sorted(broker.account.holdings.items())
        return {
            "events": broker.update_count,
            "stream_clients": self._desk.stream.client_count,
            "cash": plain(broker.account.cash),
            "equity": account_equity(broker.account),
            "positions": {symbol: plain(holding.qty) for symbol, holding in holdings},
            "orders": [
                [order.ticket.client_order_id, order.status, plain(order.filled_qty)]
                for order in broker.orders.values()
            ],
        }

    async def _pause(self, _request: web.Request) -> web.Response:
        return self._switch(self._player.hold)

    async def _resume(self, _request: web.Request) -> web.Response:
        return self._switch(self._player.go_on)

    def _switch(self, change: Callable[[], None]) -> web.Response:
        if not self._player.speed:
            return _conflict("this market stands still between steps; it cannot be paused")
        if self._player.has_ended:
            return _conflict("this market has ended")
        change()
        return _json({"now": stamp(self._clock.now())})

    async def _fault(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
            kind, count = body["kind"], body.get("count", 1)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _json({"error": "expected an object with kind and count"}, 400)
        if kind not in FAULT_KINDS or not isinstance(count, int) or count < 1:
            known = ", ".join(sorted(FAULT_KINDS))
            return _json({"error": f"expected a kind of {known}, and a count above 0"}, 400)
        self._inject(kind, count)
        return _json({"armed": kind, "count": count})

    def _inject(self, kind: str, count: int) -> None:
        if kind == "cut_stream":
            self._desk.stream.cut()
        elif kind == "cut_feed":
            self._feed.cut()
        else:
            self._faults.arm(kind, count)

    async def _activity(self, request: web.Request) -> web.Response:
        """A dividend, a fee, a split: cash and shares change, and the activities tell."""
        try:
            body = json.loads(await request.read())
            return _json(self._desk.broker.act(body, self._clock.now()))
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
            return _json({"error": "expected an object with activity_type and amounts"}, 400)

    async def _untradable(self, request: web.Request) -> web.Response:
        """The symbols for which the broker takes no orders from now on."""
        try:
            self._desk.broker.untradable = set(json.loads(await request.read()))
        except (ValueError, TypeError):
            return _json({"error": "expected a list of symbols"}, 400)
        return _json({"untradable": sorted(self._desk.broker.untradable)})

    async def _prices(self, _request: web.Request) -> web.Response:
        marks = sorted(self._desk.broker.account.marks.items())
        return _json({symbol: plain(price) for symbol, price in marks})


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(text=dumps(value), status=status, content_type="application/json")


def _conflict(message: str) -> web.Response:
    return _json({"error": message}, 409)
