"""Position and exposure together are never smaller than what the broker may have done."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import IllegalTransitionError
from quantterminal.domain.orders import (
    Execution,
    Order,
    OrderEvent,
    OrderStatus,
    OrderUpdate,
    book,
    merge,
)
from quantterminal.domain.signals import Side

AT = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
TEN = Decimal(10)
ORDER = Order(
    "qt1-a", "a", "main", "momentum", "SPY", Side.BUY, TEN, Decimal(100), OrderStatus.NEW, AT
)


def told(status: OrderStatus, filled: int, second: int) -> OrderUpdate:
    return OrderUpdate(
        client_order_id="qt1-a",
        broker_order_id="b",
        event=OrderEvent.SNAPSHOT,
        status=status,
        symbol="SPY",
        side=Side.BUY,
        quantity=TEN,
        limit_price=Decimal(100),
        filled_quantity=Decimal(filled),
        filled_average_price=None,
        at=AT.replace(second=second),
    )


@pytest.mark.parametrize(
    ("status", "filled", "booked", "exposure"),
    [
        (OrderStatus.NEW, 0, 0, 10),
        (OrderStatus.PARTIALLY_FILLED, 4, 0, 10),
        (OrderStatus.PARTIALLY_FILLED, 4, 4, 6),
        (OrderStatus.PENDING_CANCEL, 4, 4, 6),
        (OrderStatus.FILLED, 10, 0, 10),
        (OrderStatus.FILLED, 10, 7, 3),
        (OrderStatus.FILLED, 10, 10, 0),
        (OrderStatus.CANCELED, 4, 0, 4),
        (OrderStatus.CANCELED, 4, 4, 0),
        (OrderStatus.FILLED, 12, 10, 2),
        (OrderStatus.DENIED, 3, 0, 3),
        (OrderStatus.REJECTED, 0, 0, 0),
    ],
)
def test_what_is_reported_counts_until_it_is_booked(
    status: OrderStatus, filled: int, booked: int, exposure: int
) -> None:
    order = replace(
        ORDER, status=status, filled_quantity=Decimal(filled), booked_quantity=Decimal(booked)
    )
    assert order.exposure == exposure


@given(
    fills=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    events=st.permutations(range(7)),
    lost=st.sets(st.integers(0, 2)),
)
def test_whatever_comes_first_the_exposure_is_never_understated(
    fills: list[int], events: list[int], lost: set[int]
) -> None:
    """Snapshots and executions come in any order, some executions never."""
    totals = [sum(fills[: n + 1]) for n in range(len(fills))]
    order, reported = ORDER, 0
    for event in events:
        if event < len(fills) and event not in lost:
            execution = Execution(
                f"e{event}", Decimal(fills[event]), TEN, Decimal(totals[event]), AT
            )
            order = book(order, execution, version=order.version + 1)
            reported = max(reported, totals[event])
        elif 3 <= event < 3 + len(fills):
            filled = totals[event - 3]
            status = OrderStatus.CANCELED if filled == totals[-1] else OrderStatus.PARTIALLY_FILLED
            try:
                order = merge(order, told(status, filled, event))
            except IllegalTransitionError:
                continue
            reported = max(reported, filled)
        assert order.booked_quantity + order.exposure >= reported
        if order.status.is_working:
            assert order.booked_quantity + order.exposure >= order.quantity


def test_links_of_a_chain_are_kept() -> None:
    update = replace(told(OrderStatus.REPLACED, 0, 1), replaced_by="next")
    replaced = merge(ORDER, update)
    assert (replaced.replaced_by, replaced.exposure) == ("next", 0)
    assert merge(replaced, replace(update, replaced_by=None)) == replaced
