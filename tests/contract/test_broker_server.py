"""The broker server against the vendor's own client, unmodified."""

import json
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from tests.contract.market_process import PATIENCE_S, MarketProcess, market, until

with warnings.catch_warnings():
    # alpaca-py still imports the legacy client of the websockets library.
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.common.exceptions import APIError
    from alpaca.trading.client import TradingClient
    from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
    from alpaca.trading.models import Order, TradeUpdate
    from alpaca.trading.requests import (
        ClosePositionRequest,
        GetCalendarRequest,
        GetOrdersRequest,
        LimitOrderRequest,
        MarketOrderRequest,
        ReplaceOrderRequest,
    )
    from alpaca.trading.stream import TradingStream

PROTOCOLS = Path(__file__).resolve().parents[3] / "shared" / "protocols" / "alpaca"
REMOVED_IN_2026 = {"daytrade_count", "daytrading_buying_power", "pattern_day_trader"}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[MarketProcess]:
    with market(tmp_path) as started:
        yield started


@pytest.fixture
def trading(running: MarketProcess) -> Any:
    return client_of(running)


def client_of(running: MarketProcess) -> Any:
    return TradingClient("key", "secret", paper=True, url_override=f"http://{running.broker}")


@pytest.fixture
def opened(running: MarketProcess) -> Decimal:
    """The market is open; the last price of AAA."""
    running.step()
    return price_of(running)


def price_of(running: MarketProcess, symbol: str = "AAA") -> Decimal:
    return Decimal(running.call("GET", "/broker/prices")[1][symbol])


def limit_order(side: OrderSide, qty: float, price: Decimal, **more: Any) -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol="AAA",
        side=side,
        qty=qty,
        limit_price=float(round(price, 2)),
        time_in_force=more.pop("time_in_force", TimeInForce.GTC),
        **more,
    )


def buy(qty: float, price: Decimal, **more: Any) -> LimitOrderRequest:
    return limit_order(OrderSide.BUY, qty, price, **more)


def sell(qty: float, price: Decimal, **more: Any) -> LimitOrderRequest:
    return limit_order(OrderSide.SELL, qty, price, **more)


def raw(running: MarketProcess, method: str, path: str, **more: Any) -> requests.Response:
    headers = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}
    url = f"http://{running.broker}{path}"
    return requests.request(method, url, headers=headers, timeout=PATIENCE_S, **more)


def examples(name: str) -> Any:
    path = PROTOCOLS / name
    if not path.exists():
        pytest.skip("the vendor's schemas are not on this machine")
    return json.loads(path.read_text())


def error_of(caught: pytest.ExceptionInfo[APIError]) -> tuple[int, int, str]:
    return caught.value.status_code, caught.value.code, caught.value.message


class Listener:
    """The official stream client in its thread, and what it was told."""

    def __init__(self, stream: Any) -> None:
        self.updates: list[TradeUpdate] = []
        self._stream = stream
        stream.subscribe_trade_updates(self._take)

    async def _take(self, update: TradeUpdate) -> None:
        self.updates.append(update)

    @property
    def events(self) -> list[str]:
        return [name_of(update) for update in self.updates]


def name_of(update: TradeUpdate) -> str:
    return str(getattr(update.event, "value", update.event))


@contextmanager
def listening(running: MarketProcess) -> Iterator[Listener]:
    with warnings.catch_warnings():
        # alpaca-py still uses the legacy client of the websockets library.
        warnings.simplefilter("ignore", DeprecationWarning)
        address = f"ws://{running.broker}/stream"
        stream = TradingStream("key", "secret", paper=True, url_override=address)
        listener = Listener(stream)
        thread = threading.Thread(target=stream.run)
        thread.start()
        until(lambda: running.state()["broker"]["stream_clients"] == 1, "the stream")
        try:
            yield listener
        finally:
            stream.stop()
            running.fault("cut_stream")  # wakes the client from its wait of five seconds
            thread.join(PATIENCE_S)


def test_an_account_is_read(trading: Any) -> None:
    account = trading.get_account()

    assert account.cash == account.equity == account.last_equity == "100000"
    assert account.buying_power == "200000"
    assert account.multiplier == "2"


def test_a_submitted_order_is_pending_new(trading: Any, opened: Decimal) -> None:
    order = trading.submit_order(buy(10, opened - 5, client_order_id="mine"))

    assert isinstance(order, Order)
    assert order.status is OrderStatus.PENDING_NEW
    assert (order.qty, order.filled_qty, order.client_order_id) == ("10", "0", "mine")


def test_the_stream_tells_the_life_of_an_order(tmp_path: Path) -> None:
    with market(tmp_path, participation="0.0001") as running, listening(running) as listener:
        running.step()
        trading, last = client_of(running), price_of(running)
        filled = trading.submit_order(buy(300, last + 3, time_in_force=TimeInForce.DAY))
        canceled = trading.submit_order(buy(3, last - 9))
        trading.cancel_order_by_id(canceled.id)
        running.step_to("price", times=3)
        sent = running.state()["broker"]["events"]
        until(lambda: len(listener.updates) == sent, "all updates")

    first = [update for update in listener.updates if update.order.id == filled.id]
    fills = first[2:]
    assert [name_of(update) for update in first] == [
        "pending_new",
        "new",
        "partial_fill",
        "partial_fill",
        "fill",
    ]
    assert [update.qty for update in fills] == [100, 100, 100]
    assert [update.position_qty for update in fills] == [100, 200, 300]
    assert [update.order.filled_qty for update in fills] == ["100", "200", "300"]
    assert len({update.execution_id for update in first}) == len(first)
    assert [name for name in listener.events if "cancel" in name] == ["pending_cancel", "canceled"]


def test_the_stream_sends_binary_frames_and_both_forms_of_authorization(
    running: MarketProcess,
) -> None:
    from websockets.sync.client import connect

    with connect(f"ws://{running.broker}/stream") as socket:
        wrong = {"action": "authenticate", "data": {"key_id": "key", "secret_key": "x"}}
        socket.send(json.dumps(wrong))
        refused = socket.recv(PATIENCE_S)
        socket.send(json.dumps({"action": "auth", "key": "key", "secret": "secret"}))
        accepted = socket.recv(PATIENCE_S)
        streams = ["trade_updates", "nonsense"]
        socket.send(json.dumps({"action": "listen", "data": {"streams": streams}}))
        heard = socket.recv(PATIENCE_S)
        socket.send(json.dumps({"action": "listen", "data": {"streams": []}}))
        silent = socket.recv(PATIENCE_S)

    assert isinstance(refused, bytes)
    assert json.loads(refused)["data"]["status"] == "unauthorized"
    assert json.loads(accepted) == {
        "stream": "authorization",
        "data": {"status": "authorized", "action": "authenticate"},
    }
    assert json.loads(heard) == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
    assert json.loads(silent)["data"]["streams"] == []


def test_orders_are_listed_found_replaced_and_canceled(trading: Any, opened: Decimal) -> None:
    first = trading.submit_order(buy(10, opened - 5, client_order_id="first"))
    second = trading.submit_order(buy(10, opened - 6))

    assert [order.id for order in trading.get_orders()] == [second.id, first.id]
    assert trading.get_order_by_client_id("first").id == first.id
    better = trading.replace_order_by_id(
        first.id, ReplaceOrderRequest(qty=12, limit_price=float(opened - 4))
    )
    assert (better.replaces, better.qty) == (first.id, "12")
    assert trading.get_order_by_id(first.id).status is OrderStatus.REPLACED

    closed = trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.CLOSED))
    assert [order.id for order in closed] == [first.id]
    answers = trading.cancel_orders()
    assert {(answer.id, answer.status) for answer in answers} == {
        (second.id, 200),
        (better.id, 200),
    }
    assert trading.get_orders() == []


def test_positions_activities_and_cash_agree(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    trading.submit_order(buy(100, opened + 5))
    running.step()

    position = trading.get_open_position("AAA")
    fills = trading.get("/account/activities/FILL")
    spent = sum(Decimal(fill["qty"]) * Decimal(fill["price"]) for fill in fills)
    account = trading.get_account()

    assert (position.qty, position.qty_available) == ("100", "100")
    assert Decimal(position.cost_basis) == spent
    assert Decimal(str(account.cash)) == 100_000 - spent
    assert [p.symbol for p in trading.get_all_positions()] == ["AAA"]
    assert raw(running, "GET", "/v2/account/activities").json() == fills


def test_a_position_is_closed_at_the_market(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    trading.submit_order(buy(100, opened + 5))
    running.step()

    half = trading.close_position("AAA", ClosePositionRequest(percentage="50"))
    running.step()
    assert (half.side, half.qty) == (OrderSide.SELL, "50")
    assert trading.get_open_position("AAA").qty == "50"

    answers = trading.close_all_positions(cancel_orders=True)
    running.step()
    assert [(answer.symbol, answer.status) for answer in answers] == [("AAA", 200)]
    assert trading.get_all_positions() == []


def test_the_clock_and_the_calendar_are_the_exchanges(running: MarketProcess, trading: Any) -> None:
    before = trading.get_clock()
    running.step()
    during = trading.get_clock()

    assert (before.is_open, during.is_open) == (False, True)
    assert before.next_open.isoformat() == "2024-03-04T09:30:00-05:00"
    assert during.next_open.isoformat() == "2024-03-05T09:30:00-05:00"
    assert during.next_close.isoformat() == "2024-03-04T16:00:00-05:00"
    days = trading.get_calendar(GetCalendarRequest(start=date(2024, 7, 2), end=date(2024, 7, 5)))
    assert [(day.date.day, day.close.hour) for day in days] == [(2, 16), (3, 13), (5, 16)]


def test_assets_are_those_of_the_market(trading: Any) -> None:
    assets = trading.get_all_assets()
    asset = trading.get_asset("AAA")

    assert [asset.symbol for asset in assets] == ["AAA", "BBB"]
    assert asset.tradable
    assert not asset.fractionable
    assert trading.get_asset(str(asset.id)) == asset


def test_refusals_reach_the_client_with_the_vendors_codes(trading: Any, opened: Decimal) -> None:
    trading.submit_order(buy(10, opened - 5, client_order_id="once"))

    with pytest.raises(APIError) as duplicate:
        trading.submit_order(buy(10, opened - 5, client_order_id="once"))
    with pytest.raises(APIError) as poor:
        trading.submit_order(buy(1_000_000, opened))
    with pytest.raises(APIError) as sub_penny:
        trading.submit_order(
            LimitOrderRequest(
                symbol="AAA",
                side=OrderSide.BUY,
                qty=1,
                limit_price=10.123,
                time_in_force=TimeInForce.DAY,
            )
        )
    with pytest.raises(APIError) as wash:
        trading.submit_order(
            MarketOrderRequest(
                symbol="AAA", side=OrderSide.SELL, qty=1, time_in_force=TimeInForce.DAY
            )
        )

    assert error_of(duplicate) == (422, 40010001, "client_order_id must be unique")
    assert error_of(poor) == (403, 40310000, "insufficient buying power")
    assert error_of(sub_penny)[:2] == (422, 42210000)
    assert error_of(wash)[:2] == (403, 40310000)
    assert json.loads(str(wash.value))["existing_order_id"]


def test_what_is_not_there_is_404_and_what_is_over_422(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    order = trading.submit_order(buy(10, opened - 5))
    trading.cancel_order_by_id(order.id)
    nobody = UUID(int=0)

    with pytest.raises(APIError) as over:
        trading.cancel_order_by_id(order.id)
    with pytest.raises(APIError) as unknown:
        trading.get_order_by_id(nobody)
    with pytest.raises(APIError) as flat:
        trading.get_open_position("AAA")
    with pytest.raises(APIError) as foreign:
        trading.get_asset("ZZZ")

    assert error_of(over) == (422, 42210000, "order is not cancelable")
    assert error_of(unknown) == (404, 40410000, f"order not found for {nobody}")
    assert error_of(flat) == (404, 40410000, "position does not exist")
    assert error_of(foreign)[:2] == (404, 40410000)
    assert raw(running, "GET", "/v2/watchlists").status_code == 404
    assert raw(running, "POST", "/v2/orders", data="{").json() == {
        "code": 40010000,
        "message": "request body format is invalid",
    }


def test_answers_have_the_vendors_fields(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    schemas = examples("openapi/trading-api.json")["components"]["schemas"]
    example = examples("openapi_examples/components_examples.json")["EquityOrderResponse"]
    real = examples("alpaca_py_fixtures/rest_fixtures.json")["test_account_routes"][0]["body"]
    order_id = trading.submit_order(buy(100, opened + 5)).id
    running.step()

    account = set(raw(running, "GET", "/v2/account").json())
    order = raw(running, "GET", f"/v2/orders/{order_id}").json()
    position = set(raw(running, "GET", "/v2/positions/AAA").json())
    fills = raw(running, "GET", "/v2/account/activities/FILL").json()
    asset = set(raw(running, "GET", "/v2/assets/AAA").json())

    assert account <= set(schemas["Account"]["properties"])
    assert set(real) - account == REMOVED_IN_2026
    assert set(example) <= set(order) <= set(schemas["Order"]["properties"]) | set(example)
    assert order["order_class"] == example["order_class"]
    assert set(schemas["Position"]["required"]) <= position
    assert position <= set(schemas["Position"]["properties"])
    assert set(fills[0]) == set(schemas["TradingActivities"]["properties"])
    assert set(schemas["Assets"]["required"]) <= asset <= set(schemas["Assets"]["properties"])


def test_error_bodies_have_the_fields_of_the_recorded_ones(trading: Any, opened: Decimal) -> None:
    recorded = {
        (status, body["message"].split(" (")[0]): set(body)
        for status, body, _ in examples("error_bodies.json")["errors"]
        if isinstance(body, dict)
    }
    trading.submit_order(sell(10, opened + 5))
    tries = [buy(1_000_000, opened), buy(1, opened + 6), buy(1, opened - 5)]

    for request in tries:
        with pytest.raises(APIError) as caught:
            trading.submit_order(request)
        body = json.loads(str(caught.value))
        assert set(body) == recorded[(caught.value.status_code, body["message"].split(" (")[0])]


def test_a_wrong_key_is_unauthorized(running: MarketProcess) -> None:
    stranger = TradingClient("key", "x", paper=True, url_override=f"http://{running.broker}")

    with pytest.raises(APIError) as caught:
        stranger.get_account()

    assert error_of(caught) == (401, 40110000, "request is not authorized.")


def test_every_answer_tells_the_rate_limit_and_beyond_it_429(tmp_path: Path) -> None:
    with market(tmp_path, rate_limit=2) as running:
        answers = [raw(running, "GET", "/v2/clock") for _ in range(5)]

    # The third request of one minute is refused; a minute may end between two of the five.
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json() == {"code": 42910000, "message": "rate limit exceeded"}
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
    assert refused[0].headers["X-RateLimit-Remaining"] == "0"
    assert int(refused[0].headers["X-RateLimit-Reset"]) > time.time() - 60


def test_a_lost_answer_leaves_the_order_where_it_can_be_found(
    running: MarketProcess, opened: Decimal
) -> None:
    body = {
        "symbol": "AAA",
        "side": "buy",
        "type": "limit",
        "qty": "1",
        "limit_price": str(round(opened - 5, 2)),
        "time_in_force": "gtc",
    }
    running.fault("submit_504_after")
    gateway = raw(running, "POST", "/v2/orders", json={**body, "client_order_id": "a"})
    running.fault("submit_timeout_after")
    headers = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(
            f"http://{running.broker}/v2/orders",
            headers=headers,
            json={**body, "client_order_id": "b"},
            timeout=0.3,
        )

    assert (gateway.status_code, gateway.text) == (504, "gateway timeout")
    for name in ("a", "b"):
        found = raw(running, "GET", f"/v2/orders:by_client_order_id?client_order_id={name}")
        assert found.json()["status"] == "new"


def test_updates_can_be_dropped_doubled_and_the_exchange_can_reject(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    with listening(running) as listener:
        running.fault("drop_next_update")
        trading.submit_order(buy(1, opened - 5))
        running.fault("duplicate_updates", 2)
        running.fault("reject_next")
        trading.submit_order(buy(1, opened - 5))
        until(lambda: len(listener.updates) == 5, "five updates")

    assert listener.events == ["new", "pending_new", "pending_new", "rejected", "rejected"]


def test_a_cut_stream_comes_back_without_what_it_missed(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    with listening(running) as listener:
        running.fault("cut_stream")
        trading.submit_order(buy(1, opened - 5))
        until(lambda: running.state()["broker"]["stream_clients"] == 1, "the stream again")
        trading.submit_order(buy(1, opened - 6, client_order_id="seen"))
        until(lambda: len(listener.updates) == 2, "two updates")

    assert {update.order.client_order_id for update in listener.updates} == {"seen"}


def test_a_stream_that_is_cut_at_a_fill_never_tells_of_it(
    running: MarketProcess, trading: Any, opened: Decimal
) -> None:
    with listening(running) as listener:
        running.fault("cut_stream_at_fill")
        trading.submit_order(buy(1, opened + 5, client_order_id="lost"))
        until(lambda: len(listener.updates) == 2, "pending_new and new")
        running.step_to("minute")
        until(lambda: running.state()["broker"]["stream_clients"] == 1, "the stream again")
        trading.submit_order(buy(1, opened - 5, client_order_id="seen"))
        until(lambda: len(listener.updates) == 4, "two updates more")

    assert listener.events == ["pending_new", "new", "pending_new", "new"]
    assert trading.get_order_by_client_id("lost").status is OrderStatus.FILLED
