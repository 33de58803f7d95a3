"""Alpaca's JSON in our words, and what is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from quantterminal.adapters.alpaca import codec
from quantterminal.domain.errors import MessageError
from quantterminal.domain.orders import (
    EVENT_STATUS,
    Execution,
    OrderEvent,
    OrderStatus,
)
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import NewOrder
from tests.unit.quantterminal.adapters.alpaca.sample_orders import (
    ORDER_ID,
    fill_activity,
    fill_update,
    new_update,
    order,
)


def test_an_order_of_rest_is_a_snapshot() -> None:
    update = codec.snapshot(order())

    assert update.event is OrderEvent.SNAPSHOT
    assert update.status is OrderStatus.NEW
    assert update.broker_order_id == ORDER_ID
    assert update.side is Side.BUY
    assert (update.quantity, update.limit_price) == (Decimal(10), Decimal("181.52"))
    assert update.filled_quantity == 0
    assert update.filled_average_price is None
    assert update.at == datetime(2024, 3, 4, 15, 1, 2, 942195, tzinfo=UTC)
    assert update.execution is None


def test_a_fill_carries_this_execution_and_what_is_filled_in_all() -> None:
    update = codec.trade_update(fill_update())

    assert update.proves is OrderStatus.FILLED
    assert update.filled_quantity == Decimal(10)
    assert update.execution == Execution(
        execution_id="bbbb",
        quantity=Decimal(6),
        price=Decimal("181.50"),
        cumulative=Decimal(10),
        at=datetime(2024, 3, 4, 15, 1, 5, 500000, tzinfo=UTC),
    )


def test_a_fill_without_an_execution_id_is_named_by_order_and_cumulative_quantity() -> None:
    update = codec.trade_update(fill_update(execution_id=None))

    assert update.execution is not None
    assert update.execution.execution_id == f"{ORDER_ID}@10"


@pytest.mark.parametrize("event", [each for each in OrderEvent if each is not OrderEvent.SNAPSHOT])
def test_every_event_of_the_table_is_read(event: OrderEvent) -> None:
    update = codec.trade_update(fill_update(event=event.value))

    assert update.event is event
    assert update.proves is (EVENT_STATUS[event] or OrderStatus.FILLED)
    assert (update.execution is not None) == ("fill" in event.value)


@pytest.mark.parametrize("status", [each for each in OrderStatus if not each.is_ours])
def test_every_status_of_the_broker_is_read(status: OrderStatus) -> None:
    assert codec.snapshot(order(status=status.value)).status is status


@pytest.mark.parametrize("status", [each.value for each in OrderStatus if each.is_ours])
def test_our_own_statuses_are_not_the_brokers(status: str) -> None:
    with pytest.raises(MessageError, match="status"):
        codec.snapshot(order(status=status))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "vanished"},
        {"status": None},
        {"status": ["new"]},
        {"side": "hold"},
        {"side": None},
        {"qty": "ten"},
        {"qty": "NaN"},
        {"qty": True},
        {"id": None},
        {"client_order_id": ""},
        {"symbol": 7},
        {"updated_at": "yesterday"},
        {"updated_at": "2024-03-04T15:01:02"},
        {"updated_at": 7},
    ],
)
def test_an_order_that_cannot_be_understood_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        codec.snapshot(order(**changes))


@pytest.mark.parametrize("changes", [{"price": None}, {"qty": None}, {"timestamp": "x"}])
def test_a_fill_that_cannot_be_understood_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        codec.trade_update(fill_update(**changes))


def test_a_notional_order_has_the_quantity_that_has_filled() -> None:
    update = codec.snapshot(order(qty=None, notional="500", filled_qty="2.5"))

    assert update.quantity == update.filled_quantity == Decimal("2.5")


def test_numbers_may_come_as_json_numbers_without_losing_a_digit() -> None:
    parsed = codec.parse(b'{"qty": 10, "price": 0.1}')

    assert parsed == {"qty": 10, "price": Decimal("0.1")}
    assert codec.snapshot(order(qty=10)).quantity == Decimal(10)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [("01Z", 0), ("01.5Z", 500000), ("01.0952164Z", 95216), ("01.123456789Z", 123456)],
)
def test_times_with_any_number_of_digits(text: str, microsecond: int) -> None:
    update = codec.trade_update({**new_update(), "timestamp": f"2024-03-04T15:01:{text}"})

    assert update.at == datetime(2024, 3, 4, 15, 1, 1, microsecond, tzinfo=UTC)
    assert update.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("side", "expected"), [("buy", Side.BUY), ("sell", Side.SELL), ("sell_short", Side.SELL)]
)
def test_a_fill_activity(side: str, expected: Side) -> None:
    fill = codec.fill(fill_activity(side=side))

    assert (fill.broker_order_id, fill.symbol, fill.side) == (ORDER_ID, "AAPL", expected)
    assert fill.execution.execution_id == "20240304100105500::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e"
    assert fill.execution.cumulative == Decimal(10)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"symbol": "A", "qty": "5", "side": "long"}, Decimal(5)),
        ({"symbol": "A", "qty": "-5", "side": "short"}, Decimal(-5)),
        ({"symbol": "A", "qty": "5", "side": "short"}, Decimal(-5)),
    ],
)
def test_a_position_is_signed(row: dict[str, Any], expected: Decimal) -> None:
    assert codec.position(row) == ("A", expected)


def test_the_body_of_a_submit_writes_numbers_out() -> None:
    body = codec.order_body(
        NewOrder("qt1-x", "AAPL", Side.SELL, Decimal("1E+2"), Decimal("0.0050"))
    )

    assert body == {
        "symbol": "AAPL",
        "qty": "100",
        "side": "sell",
        "type": "limit",
        "time_in_force": "gtc",
        "client_order_id": "qt1-x",
        "limit_price": "0.0050",
    }
