"""Whatever happened at the broker and whatever of it was told: one pass, and the books agree."""

import itertools
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantterminal.domain.activities import Activity, ActivityKind
from quantterminal.domain.orders import OrderEvent, OrderStatus
from quantterminal.domain.signals import Side
from quantterminal.services.apply_update import apply_update
from quantterminal.services.reconcile import Found, reconcile
from tests.ledger_database import empty
from tests.unit.quantterminal.services.pipeline import CASH, OPEN, Pipeline, trading

HAPPENINGS = ("fill", "cancel", "by hand", "dividend", "split")


def happen(pipeline: Pipeline, what: str, number: int) -> None:
    broker, now = pipeline.broker, pipeline.clock.now()
    working = [each.client_order_id for each in broker.open_orders()]
    if what == "fill" and working:
        broker.fill(working[number % len(working)], 1, f"{99 + number}.5")
    elif what == "cancel" and working:
        broker.finish_cancel(working[number % len(working)])
    elif what == "by hand":
        order = broker.order_by_hand("IBM", Side.BUY, 3, "90.00")
        broker.fill(order.client_order_id, 2, "89.75")
    elif what == "dividend":
        broker.act(Activity(f"div{number}", ActivityKind.CASH, "DIV", "SPY", now, cash=Decimal(1)))
    elif what == "split" and broker.positions().get("SPY"):
        held = broker.positions()["SPY"]
        split = Activity(f"split{number}", ActivityKind.SPLIT, "SPLIT", "SPY", now, shares=held)
        broker.act(split)


@settings(max_examples=15, deadline=None)
@given(
    happenings=st.lists(st.sampled_from(HAPPENINGS), max_size=6),
    told=st.lists(st.integers(0, 15), max_size=8),
)
def test_one_pass_converges_and_a_second_changes_nothing(
    ledger_url: str, valkey_url: str, happenings: list[str], told: list[int]
) -> None:
    """`told` are the updates that the stream delivers, in that order, some twice, most not."""
    empty(ledger_url)
    with closing(Pipeline(ledger_url, valkey_url, trading())) as pipeline:
        pipeline.accounts.open_account(pipeline.account, cash=CASH, at=OPEN)
        pipeline.mark(0, SPY=100.0, IBM=100.0)
        converges(pipeline, happenings, told)


def converges(pipeline: Pipeline, happenings: list[str], told: list[int]) -> None:
    pipeline.working("SPY", quantity=10)
    for number, what in enumerate(happenings):
        pipeline.clock.forward(timedelta(seconds=1))
        happen(pipeline, what, number)
        if what == "split":  # a split is booked before anything trades on
            reconcile(runtime=pipeline.reconciling)
    for number in told:
        if number < len(pipeline.broker.stream):
            update = pipeline.broker.stream[number]
            apply_update(update, source="stream", runtime=pipeline.updates)
    pipeline.clock.forward(timedelta(seconds=1))

    first = reconcile(runtime=pipeline.reconciling)
    second = reconcile(runtime=pipeline.reconciling)

    assert first.agrees
    assert second.changed_nothing
    assert second.differences == ()
    held = {s: q for s, q in pipeline.loaded().net_positions().items() if q}
    assert held == pipeline.broker.positions()
    assert pipeline.loaded().cash == pipeline.broker.account().cash


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_f15_a_replaced_order_keeps_its_fills_and_its_link(
    pipeline: Pipeline, order: tuple[int, ...]
) -> None:
    """Somebody replaces our order at the broker while it is filled; the words come in any order."""
    ours = pipeline.working("SPY", quantity=10)
    pipeline.clock.forward(timedelta(seconds=1))
    fill = pipeline.broker.fill(ours.client_order_id, 4, "100.00")
    new = pipeline.broker.order_by_hand("SPY", Side.BUY, 6, "101.00")
    pipeline.clock.forward(timedelta(seconds=1))
    new = pipeline.broker._tell(replace(new, replaces=fill.broker_order_id))
    old = pipeline.broker._orders[ours.client_order_id]
    replaced = pipeline.broker._tell(
        replace(
            old,
            event=OrderEvent.REPLACED,
            status=OrderStatus.REPLACED,
            replaced_by=new.broker_order_id,
        )
    )
    worst: list[Decimal] = []
    for number in order:
        update = (fill, new, replaced)[number]
        apply_update(update, source="stream", runtime=pipeline.updates)
        state = pipeline.loaded()
        reserved = sum((each.quantity for each in state.reserved.values()), Decimal(0))
        worst.append(state.net_positions().get("SPY", Decimal(0)) + reserved)

    result = reconcile(runtime=pipeline.reconciling)

    assert result.agrees
    assert Found.MISSED_FILL not in [each.found for each in result.differences]
    stored = pipeline.orders.order(ours.client_order_id)
    assert stored is not None
    assert (stored.status, stored.filled_quantity, stored.replaced_by) == (
        OrderStatus.REPLACED,
        4,
        new.broker_order_id,
    )
    chained = pipeline.orders.order(new.client_order_id)
    assert chained is not None
    assert (chained.replaces, chained.exposure) == (fill.broker_order_id, 6)
    assert worst[-1] == 10
