"""Alpaca's trading REST over the desk: the paths, answers and limits that alpaca-py relies on.

What is not listed here answers 404, never a success that means nothing.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from local.market import refusals
from local.market.broker_json import (
    account_json,
    asset_json,
    calendar_json,
    clock_json,
    position_json,
)
from local.market.desk import Desk
from local.market.faults import Faults
from local.market.order_queries import read_date, select_activities, select_orders
from local.market.orders import order_json
from local.market.rate_limit import RateLimit
from local.market.refusals import Refusal
from local.market.wire import dumps
from quantterminal.domain.errors import CalendarRangeError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LOST_ANSWER_S = 120.0


class BrokerServer:
    """Builds the aiohttp application: REST under /v2 and the stream at /stream."""

    def __init__(
        self,
        desk: Desk,
        *,
        api_key: str,
        api_secret: str,
        rate_limit: RateLimit,
        faults: Faults,
        opened_at: datetime,
    ) -> None:
        self._desk = desk
        self._credentials = (api_key, api_secret)
        self._rate_limit = rate_limit
        self._faults = faults
        self._opened_at = opened_at

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._answer])
        app.router.add_get("/stream", self._desk.stream.serve)
        app.add_routes(
            [
                web.get("/v2/account", self._account),
                web.get("/v2/account/activities", self._activities),
                web.get("/v2/account/activities/{kind}", self._activities),
                web.get("/v2/clock", self._clock),
                web.get("/v2/calendar", self._calendar),
                web.get("/v2/assets", self._assets),
                web.get("/v2/assets/{asset}", self._asset),
                web.post("/v2/orders", self._submit),
                web.get("/v2/orders", self._orders),
                web.delete("/v2/orders", self._cancel_all),
                web.get("/v2/orders:by_client_order_id", self._order_by_client_id),
                web.get("/v2/orders/{order}", self._order),
                web.patch("/v2/orders/{order}", self._replace),
                web.delete("/v2/orders/{order}", self._cancel),
                web.get("/v2/positions", self._positions),
                web.delete("/v2/positions", self._close_all),
                web.get("/v2/positions/{asset}", self._position),
                web.delete("/v2/positions/{asset}", self._close),
            ]
        )
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authorization, limit and refusals around every REST request."""
        if request.path == "/stream":
            return await handler(request)
        is_within_limit = self._rate_limit.take()
        try:
            self._admit(request, is_within_limit=is_within_limit)
            self._desk.pass_time()
            response = await handler(request)
        except Refusal as refusal:
            response = _json(refusal.body, refusal.status)
        except web.HTTPNotFound:
            unknown = refusals.endpoint_not_found()
            response = _json(unknown.body, unknown.status)
        if not response.prepared:
            response.headers.update(self._rate_limit.headers())
        return response

    def _admit(self, request: web.Request, *, is_within_limit: bool) -> None:
        given = (
            request.headers.get("APCA-API-KEY-ID"),
            request.headers.get("APCA-API-SECRET-KEY"),
        )
        if given != self._credentials:
            raise refusals.unauthorized()
        if not is_within_limit or self._faults.take("http_429"):
            raise refusals.rate_limited()

    async def _account(self, _request: web.Request) -> web.Response:
        return _json(account_json(self._desk.broker, self._opened_at))

    async def _activities(self, request: web.Request) -> web.Response:
        broker, query = self._desk.broker, request.query
        rows = {"trade_activity": broker.fills, "non_trade_activity": broker.other_activities}
        found = rows.get(query.get("category", ""), [*broker.fills, *broker.other_activities])
        kinds = request.match_info.get("kind") or query.get("activity_types")
        if kinds:
            found = [row for row in found if row["activity_type"] in kinds.split(",")]
        return _json(select_activities(found, query))

    async def _clock(self, _request: web.Request) -> web.Response:
        return _json(clock_json(self._desk.now()))

    async def _calendar(self, request: web.Request) -> web.Response:
        today = self._desk.now().date()
        start = read_date(request.query, "start", date(today.year, 1, 1))
        end = read_date(request.query, "end", date(today.year, 12, 31))
        try:
            return _json(calendar_json(start, end))
        except CalendarRangeError as error:
            raise refusals.invalid(str(error)) from error

    async def _assets(self, _request: web.Request) -> web.Response:
        broker = self._desk.broker
        return _json([asset_json(broker, symbol) for symbol in sorted(broker.symbols)])

    async def _asset(self, request: web.Request) -> web.Response:
        return _json(asset_json(self._desk.broker, self._symbol(request)))

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        order = self._desk.submit(await _body(request))
        if self._faults.take("submit_timeout_after"):
            await asyncio.sleep(_LOST_ANSWER_S)
            return _gateway_timeout()
        if self._faults.take("submit_504_after"):
            return _gateway_timeout()
        return _json(order)

    async def _orders(self, request: web.Request) -> web.Response:
        found = select_orders(self._desk.broker.orders.values(), request.query)
        return _json([order_json(order) for order in found])

    async def _order(self, request: web.Request) -> web.Response:
        return _json(order_json(self._desk.broker.find(request.match_info["order"])))

    async def _order_by_client_id(self, request: web.Request) -> web.Response:
        client_order_id = request.query.get("client_order_id", "")
        order = self._desk.broker.by_client_order_id.get(client_order_id)
        if order is None:
            raise refusals.order_not_found(client_order_id)
        return _json(order_json(order))

    async def _replace(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return _json(self._desk.replace(request.match_info["order"], body))

    async def _cancel(self, request: web.Request) -> web.Response:
        self._desk.cancel(request.match_info["order"])
        return web.Response(status=204)

    async def _cancel_all(self, _request: web.Request) -> web.Response:
        return _json(self._cancel_open(), 207)

    async def _positions(self, _request: web.Request) -> web.Response:
        broker = self._desk.broker
        held = sorted(broker.account.holdings)
        return _json([position_json(broker, symbol) for symbol in held])

    async def _position(self, request: web.Request) -> web.Response:
        symbol = self._symbol(request)
        if symbol not in self._desk.broker.account.holdings:
            raise refusals.position_not_found()
        return _json(position_json(self._desk.broker, symbol))

    async def _close(self, request: web.Request) -> web.Response:
        symbol = self._symbol(request)
        held = abs(self._desk.broker.account.qty(symbol))
        return _json(self._desk.close_position(symbol, _part(request, held)))

    async def _close_all(self, request: web.Request) -> web.Response:
        if request.query.get("cancel_orders") == "true":
            self._cancel_open()
        held = sorted(self._desk.broker.account.holdings)
        return _json([self._closed(symbol) for symbol in held], 207)

    def _cancel_open(self) -> list[dict[str, Any]]:
        return [self._canceled(order.id) for order in self._desk.broker.open_orders()]

    def _canceled(self, order_id: str) -> dict[str, Any]:
        try:
            self._desk.cancel(order_id)
        except Refusal as refusal:
            return {"id": order_id, "status": refusal.status, "body": refusal.body}
        return {"id": order_id, "status": 200}

    def _closed(self, symbol: str) -> dict[str, Any]:
        try:
            order = self._desk.close_position(symbol, None)
        except Refusal as refusal:
            return {"symbol": symbol, "status": refusal.status, "body": refusal.body}
        return {"symbol": symbol, "status": 200, "body": order}

    def _symbol(self, request: web.Request) -> str:
        """The path names an asset by its symbol or by its id."""
        asset, broker = request.match_info["asset"], self._desk.broker
        for symbol in broker.symbols:
            if asset in (symbol, broker.id_of(f"asset:{symbol}")):
                return symbol
        raise refusals.asset_not_found(asset)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(text=dumps(value), status=status, content_type="application/json")


def _gateway_timeout() -> web.Response:
    return web.Response(text="gateway timeout", status=504)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read(), parse_float=Decimal)
    except ValueError as error:
        raise refusals.malformed_body() from error
    if not isinstance(body, dict):
        raise refusals.malformed_body()
    return body


def _part(request: web.Request, held: Decimal) -> Decimal | None:
    """The quantity that a DELETE asks to close: `qty`, `percentage`, or None for everything."""
    for name in ("qty", "percentage"):
        text = request.query.get(name)
        if text is None:
            continue
        try:
            number = Decimal(text)
        except ArithmeticError as error:
            raise refusals.invalid(f"invalid {name}") from error
        qty = number if name == "qty" else held * number / 100
        if not qty.is_finite() or qty <= 0 or qty != qty.to_integral_value():
            raise refusals.invalid(f"invalid {name}")
        return qty
    return None
