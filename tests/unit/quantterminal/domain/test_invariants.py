from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.halts import Halt, HaltCode
from quantterminal.domain.invariants import (
    Claim,
    Invariant,
    Sums,
    halt_violations,
    order_violations,
    sum_violations,
)
from quantterminal.domain.orders import OrderEvent, OrderStatus, OrderUpdate
from quantterminal.domain.risk import HaltLevel, Origin
from quantterminal.domain.signals import Side

AT = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
NAME = "qt1-a"
CLAIM = Claim(
    NAME, "b1", "momentum", "SPY", Side.BUY, Decimal(10), Decimal(100), OrderStatus.NEW,
    is_approved=True, valid_until=AT + timedelta(seconds=60), submitted_at=AT,
    origin=Origin.STRATEGY,
)  # fmt: skip
ORDER = OrderUpdate(
    NAME, "b1", OrderEvent.SNAPSHOT, OrderStatus.NEW, "SPY", Side.BUY, Decimal(10), Decimal(100),
    Decimal(0), None, AT,
)  # fmt: skip


def broken(*seen: OrderUpdate, claim: Claim | None = CLAIM) -> list[Invariant]:
    claims = {} if claim is None else {claim.client_order_id: claim}
    return [each.invariant for each in order_violations(seen, claims)]


def test_an_order_that_is_what_was_asked_for_breaks_nothing() -> None:
    assert broken(ORDER, ORDER) == []
    assert broken(replace(ORDER, client_order_id="by-hand", broker_order_id="x")) == []
    assert broken(ORDER, claim=replace(CLAIM, broker_order_id=None)) == []


@pytest.mark.parametrize(
    ("change", "claim", "invariant"),
    [
        ({"broker_order_id": "b2"}, CLAIM, Invariant.ONE_ORDER),
        ({}, None, Invariant.HAS_INTENT),
        ({}, replace(CLAIM, is_approved=False), Invariant.HAS_INTENT),
        ({}, replace(CLAIM, status=OrderStatus.DENIED), Invariant.HAS_INTENT),
        ({}, replace(CLAIM, submitted_at=AT + timedelta(seconds=61)), Invariant.HAS_INTENT),
        ({"quantity": Decimal(11)}, CLAIM, Invariant.SAME_TERMS),
        ({"side": Side.SELL}, CLAIM, Invariant.SAME_TERMS),
        ({"symbol": "IBM"}, CLAIM, Invariant.SAME_TERMS),
        ({"limit_price": Decimal("100.01")}, CLAIM, Invariant.SAME_TERMS),
        ({"limit_price": None}, CLAIM, Invariant.SAME_TERMS),
    ],
)
def test_each_order_invariant_is_seen(
    change: dict[str, object], claim: Claim | None, invariant: Invariant
) -> None:
    assert broken(replace(ORDER, **change), claim=claim) == [invariant]  # type: ignore[arg-type]  # a test's own words


def test_two_orders_of_one_id_are_one_violation() -> None:
    twice = replace(ORDER, broker_order_id="b2")
    assert broken(ORDER, twice, twice) == [Invariant.ONE_ORDER]


@pytest.mark.parametrize(
    ("scope", "level", "seconds", "origin", "is_broken"),
    [
        ("account", HaltLevel.HALTED, 6, Origin.STRATEGY, True),
        ("account", HaltLevel.HALTED, 5, Origin.STRATEGY, False),
        ("account", HaltLevel.HALTED, 60, Origin.FLATTEN, False),
        ("account", HaltLevel.REDUCE_ONLY, 60, Origin.STRATEGY, False),
        ("symbol:SPY", HaltLevel.HALTED, 60, Origin.STRATEGY, True),
        ("symbol:IBM", HaltLevel.HALTED, 60, Origin.STRATEGY, False),
        ("strategy:momentum", HaltLevel.HALTED, 60, Origin.STRATEGY, True),
    ],
)
def test_an_order_after_a_halt(
    scope: str, level: HaltLevel, seconds: int, origin: Origin, *, is_broken: bool
) -> None:
    claim = replace(CLAIM, submitted_at=AT + timedelta(seconds=seconds), origin=origin)
    halt = Halt(scope, level, HaltCode.OPERATOR, "stop", "ann", AT)
    found = halt_violations([claim], [halt])
    assert [each.invariant for each in found] == [Invariant.OBEYS_HALT] * is_broken
    assert halt_violations([replace(claim, submitted_at=None)], [halt]) == []


def test_sums_that_differ_are_named() -> None:
    sums = [Sums("SPY", Decimal(10), Decimal(10)), Sums("IBM", Decimal(3), Decimal(4))]
    [found] = sum_violations(sums)
    assert (found.invariant, found.ref) == (Invariant.BOOKS_ADD_UP, "IBM")
