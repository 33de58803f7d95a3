"""Our Alpaca adapter against the local broker, which is itself held against Alpaca's own client."""

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import urllib3

from quantterminal.adapters.alpaca.client import AlpacaBroker
from quantterminal.adapters.alpaca.codec import order_body
from quantterminal.domain.errors import (
    AmbiguousError,
    OrderRejectedError,
    PermanentError,
    RetryableError,
)
from quantterminal.domain.orders import OrderEvent, OrderStatus
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import NewOrder
from tests.contract.market_process import MarketProcess, market

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[MarketProcess]:
    with market(tmp_path) as process:
        process.step_to("minute", times=2)
        yield process


def broker_at(address: str, **changes: Any) -> AlpacaBroker:
    settings: dict[str, Any] = {
        "base_url": f"http://{address}",
        "key_id": "key",
        "secret_key": "secret",
        "draw": lambda: 0.0,
        "sleep": lambda _seconds: None,
        **changes,
    }
    return AlpacaBroker(**settings)


def price_of(process: MarketProcess, symbol: str) -> Decimal:
    return Decimal(str(process.call("GET", "/broker/prices")[1][symbol]))


def new_order(process: MarketProcess, number: int, **changes: Any) -> NewOrder:
    price = (price_of(process, "AAA") * Decimal("1.02")).quantize(Decimal("0.01"))
    fields: dict[str, Any] = {
        "client_order_id": f"qt1-test-{number}",
        "symbol": "AAA",
        "side": Side.BUY,
        "quantity": Decimal(10),
        "limit_price": price,
        **changes,
    }
    return NewOrder(**fields)


def resting(process: MarketProcess, number: int) -> NewOrder:
    return new_order(process, number, limit_price=Decimal("1.50"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the vendor's package at import
def test_our_submit_says_what_the_vendors_model_says() -> None:
    from alpaca.trading.enums import OrderSide, TimeInForce
    from alpaca.trading.requests import LimitOrderRequest

    ours = order_body(
        NewOrder(
            client_order_id="qt1-momentum-202403041501-IBM-B-0123456789",
            symbol="IBM",
            side=Side.BUY,
            quantity=Decimal(10),
            limit_price=Decimal("181.52"),
        )
    )
    theirs = LimitOrderRequest(
        symbol="IBM",
        qty=10,
        side=OrderSide.BUY,
        time_in_force=TimeInForce.GTC,
        limit_price=181.52,
        client_order_id="qt1-momentum-202403041501-IBM-B-0123456789",
    ).to_request_fields()

    numbers = {"qty", "limit_price"}
    assert {name: Decimal(ours[name]) for name in numbers} == {
        name: Decimal(str(theirs[name])) for name in numbers
    }
    assert {name: value for name, value in ours.items() if name not in numbers} == {
        name: getattr(value, "value", value)
        for name, value in theirs.items()
        if name not in numbers
    }


def test_an_order_from_submit_to_fill(running: MarketProcess) -> None:
    broker = broker_at(running.broker)
    order = new_order(running, 1)

    accepted = broker.submit(order)
    running.step_to("minute", times=2)
    filled = broker.find(order.client_order_id)
    fills = list(broker.fills_since(LONG_AGO))

    assert accepted.event is OrderEvent.SNAPSHOT
    assert accepted.status is OrderStatus.PENDING_NEW
    assert filled is not None
    assert filled.status is OrderStatus.FILLED
    assert filled.filled_quantity == order.quantity
    assert sum(fill.execution.quantity for fill in fills) == order.quantity
    assert fills[-1].execution.cumulative == order.quantity
    assert {fill.broker_order_id for fill in fills} == {accepted.broker_order_id}
    assert broker.positions() == {"AAA": order.quantity}
    assert broker.account().cash < broker.account().buying_power
    assert [each.client_order_id for each in broker.orders_since(LONG_AGO)] == ["qt1-test-1"]


def test_cancel_of_a_resting_a_canceled_and_an_unknown_order(running: MarketProcess) -> None:
    broker = broker_at(running.broker)
    update = broker.submit(resting(running, 1))
    assert [each.client_order_id for each in broker.open_orders()] == ["qt1-test-1"]

    broker.cancel(update.broker_order_id)
    running.step()
    broker.cancel(update.broker_order_id)
    broker.cancel("00000000-0000-0000-0000-000000000000")

    assert list(broker.open_orders()) == []
    ended = broker.find("qt1-test-1")
    assert ended is not None
    assert ended.status is OrderStatus.CANCELED


def test_an_id_that_the_broker_does_not_know(running: MarketProcess) -> None:
    assert broker_at(running.broker).find("qt1-never-sent") is None


def test_a_submit_again_adopts_the_order_that_is_there(running: MarketProcess) -> None:
    broker = broker_at(running.broker)
    order = resting(running, 1)

    first, again = broker.submit(order), broker.submit(order)

    assert again.broker_order_id == first.broker_order_id
    assert len(broker.open_orders()) == 1


def test_f01_an_answer_lost_behind_the_gateway_is_ambiguous_and_is_found(
    running: MarketProcess,
) -> None:
    broker = broker_at(running.broker)
    running.fault("submit_504_after")

    with pytest.raises(AmbiguousError):
        broker.submit(resting(running, 1))

    assert broker.find("qt1-test-1") is not None
    assert len(broker.open_orders()) == 1


def test_f01_a_timeout_after_the_send_is_ambiguous(running: MarketProcess) -> None:
    broker = broker_at(running.broker, timeout=urllib3.Timeout(connect=2.0, read=0.3))
    running.fault("submit_timeout_after")

    with pytest.raises(AmbiguousError):
        broker.submit(resting(running, 1))

    assert len(broker_at(running.broker).open_orders()) == 1


def test_nothing_was_sent_where_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        order = NewOrder("qt1-x", "AAA", Side.BUY, Decimal(1), Decimal(1))
        with pytest.raises(RetryableError):
            broker_at(address).submit(order)


def test_f06_a_rate_limit_on_submit_is_left_to_the_redelivery(running: MarketProcess) -> None:
    running.fault("http_429")

    with pytest.raises(RetryableError) as limited:
        broker_at(running.broker).submit(resting(running, 1))

    assert limited.value.retry_after_s is not None
    assert 0 <= limited.value.retry_after_s <= 60


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": Decimal(1_000_000)}, "INSUFFICIENT_BUYING_POWER"),
        ({"limit_price": Decimal("10.123")}, "SUB_PENNY"),
        ({"symbol": "NOPE"}, "UNKNOWN_ASSET"),
    ],
)
def test_a_proven_refusal_has_a_stable_code(
    running: MarketProcess, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(OrderRejectedError) as refused:
        broker_at(running.broker).submit(new_order(running, 1, **changes))

    assert refused.value.code == code


def test_f24_a_wrong_key_is_refused_and_never_retried(running: MarketProcess) -> None:
    sleeps: list[float] = []
    broker = broker_at(running.broker, secret_key="wrong", sleep=sleeps.append)

    with pytest.raises(OrderRejectedError) as refused:
        broker.submit(resting(running, 1))
    with pytest.raises(PermanentError):
        broker.account()

    assert refused.value.code == "UNAUTHORIZED"
    assert sleeps == []


def test_f23_all_pages_of_orders_are_read(running: MarketProcess) -> None:
    broker = broker_at(running.broker)
    for number in range(510):
        broker.submit(new_order(running, number, limit_price=Decimal("1.5"), quantity=Decimal(1)))
        if number == 300:
            running.step()

    ids = [each.client_order_id for each in broker.orders_since(LONG_AGO)]

    assert len(ids) == len(set(ids)) == 510


def test_session_hours(running: MarketProcess) -> None:
    broker = broker_at(running.broker)

    assert broker.session_hours(date(2024, 3, 4)) == (
        datetime(2024, 3, 4, 14, 30, tzinfo=UTC),
        datetime(2024, 3, 4, 21, 0, tzinfo=UTC),
    )
    hours = broker.session_hours(date(2024, 11, 29))
    assert hours is not None
    assert hours[1] - hours[0] == timedelta(hours=3, minutes=30)
    assert broker.session_hours(date(2024, 3, 3)) is None
