"""Changes of limits, and the limits as a whole against any sequence of orders."""

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.risk import (
    RiskLimits,
    check,
    effective_limits,
    limits_as_text,
    limits_from_text,
    recent_window,
)
from quantterminal.domain.risk.orders import Approved, Proposal, Reservation, RiskSnapshot
from quantterminal.domain.signals import Side
from tests.unit.quantterminal.domain.risk.given import PROPOSAL, SNAPSHOT

TODAY, TOMORROW = date(2024, 3, 4), date(2024, 3, 5)
# (tighter, looser) of every limit
BOTH: dict[str, tuple[Any, Any]] = {
    "max_position_fraction": (Decimal("0.05"), Decimal("0.2")),
    "daily_loss_fraction": (Decimal("0.01"), Decimal("0.1")),
    "drawdown_fraction": (Decimal("0.01"), Decimal("0.2")),
    "max_gross_fraction": (Decimal("0.5"), Decimal(2)),
    "max_net_fraction": (Decimal("0.5"), Decimal(2)),
    "max_leverage": (Decimal("0.5"), Decimal(2)),
    "max_order_fraction": (Decimal("0.01"), Decimal("0.1")),
    "max_order_notional": (Decimal(1000), None),
    "max_order_shares": (10, 20),
    "max_volume_fraction": (Decimal("0.01"), None),
    "min_price": (Decimal(10), Decimal(1)),
    "price_collar_bps": (Decimal(100), Decimal(500)),
    "allow_short": (False, True),
    "allow_flip": (False, True),
    "restricted_symbols": (("GME",), ()),
    "max_open_orders": (5, 500),
    "max_open_orders_per_symbol": (1, 10),
    "max_orders_per_minute": (1, 100),
    "max_strategy_orders_per_minute": (1, 100),
    "max_symbol_orders_per_minute": (1, 100),
    "similar_order_s": (120, 0),
    "cancel_again_after_s": (60, 10),
    "no_entry_first_minutes": (5, 0),
    "no_entry_last_minutes": (5, 0),
    "max_repeated_fills": (3, 9),
    "repeated_fills_minutes": (30, 5),
    "strategy_loss_fraction": (Decimal("0.01"), Decimal("0.1")),
    "max_consecutive_losers": (4, 0),
    "max_rejects": (2, 9),
    "rejects_minutes": (30, 5),
    "max_bar_age_s": (60, 300),
    "intent_life_s": (30, 300),
}


def test_every_limit_has_a_direction() -> None:
    assert set(BOTH) == {each.name for each in fields(RiskLimits)}


@pytest.mark.parametrize("name", BOTH)
def test_tighter_acts_at_once_and_looser_waits_for_the_next_session(name: str) -> None:
    tighter, looser = (RiskLimits(**{name: value}) for value in BOTH[name])

    assert effective_limits(looser, tighter, since=TODAY, session=TODAY) == tighter
    assert effective_limits(tighter, looser, since=TODAY, session=TODAY) == tighter
    assert effective_limits(tighter, looser, since=TODAY, session=TOMORROW) == looser


def test_each_limit_is_taken_by_itself() -> None:
    in_force = RiskLimits(max_order_shares=10, min_price=Decimal(1))
    wanted = RiskLimits(max_order_shares=20, min_price=Decimal(9))

    found = effective_limits(in_force, wanted, since=TODAY, session=TODAY)

    assert (found.max_order_shares, found.min_price) == (10, 9)


@pytest.mark.parametrize("name", BOTH)
def test_limits_come_back_from_the_journal_as_they_were(name: str) -> None:
    for value in BOTH[name]:
        limits = RiskLimits(**{name: value})
        assert limits_from_text(limits_as_text(limits), absent=RiskLimits()) == limits


def test_a_limit_that_the_journal_does_not_know_is_the_wanted_one() -> None:
    wanted = RiskLimits(max_order_shares=7, max_rejects=2)

    found = limits_from_text({"max_rejects": "9", "of_old": "1"}, absent=wanted)

    assert found == replace(wanted, max_rejects=9)


@pytest.mark.parametrize(
    ("name", "text"),
    [("max_rejects", "many"), ("max_leverage", "x"), ("allow_short", "yes"), ("min_price", "")],
)
def test_a_text_that_is_no_value_of_its_limit_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidValueError, match=f"limit {name}, was '{text}'"):
        limits_from_text({name: text}, absent=RiskLimits())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(None, None, None), (Decimal(5), None, Decimal(5)), (Decimal(5), Decimal(4), Decimal(4))],
)
def test_off_is_the_loosest(
    one: Decimal | None, other: Decimal | None, expected: Decimal | None
) -> None:
    for pair in ((one, other), (other, one)):
        before, after = (RiskLimits(max_order_notional=each) for each in pair)
        found = effective_limits(before, after, since=TODAY, session=TODAY)
        assert found.max_order_notional == expected


def test_the_window_holds_the_longest_look_back_and_the_age_of_a_bar() -> None:
    assert recent_window(RiskLimits(similar_order_s=0)) == timedelta(seconds=150)
    assert recent_window(RiskLimits(similar_order_s=61)) == timedelta(seconds=151)


asked = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["SPY", "IBM"]),
        st.sampled_from(Side),
        st.integers(1, 120),
        st.booleans(),
    ),
    max_size=40,
)
LIMITS = RiskLimits(
    max_position_fraction=Decimal("0.3"),
    max_gross_fraction=Decimal("0.6"),
    max_net_fraction=Decimal("0.4"),
    max_leverage=Decimal("0.5"),
    max_open_orders=5,
    max_open_orders_per_symbol=3,
    max_orders_per_minute=9,
    max_symbol_orders_per_minute=6,
)


@given(asked=asked)
def test_no_sequence_of_orders_gets_past_the_limits(
    asked: list[tuple[str, str, Side, int, bool]],
) -> None:
    """Orders that may fill at once or rest; at every step the worst that can come is allowed."""
    snapshot, recent = SNAPSHOT, list[Approved]()
    for number, (strategy, symbol, side, quantity, fills) in enumerate(asked):
        proposal = replace(
            PROPOSAL,
            intent_id=f"{strategy}@1:{symbol}:{number}:0#0",
            strategy=strategy,
            symbol=symbol,
            side=side,
            quantity=Decimal(quantity),
            limit_price=snapshot.marks[symbol],
        )
        if check(proposal, snapshot, LIMITS) is not None:
            continue
        before = _worst(snapshot)
        snapshot = _after(proposal, snapshot, fills=fills)
        recent.append(
            Approved(
                proposal.intent_id, strategy, symbol, side, proposal.quantity, proposal.bar_end
            )
        )
        snapshot = replace(snapshot, recent=tuple(recent))
        _assert_within(snapshot, before)


def _after(proposal: Proposal, snapshot: RiskSnapshot, *, fills: bool) -> RiskSnapshot:
    symbol, quantity = proposal.symbol, proposal.quantity
    if fills:
        held = snapshot.positions.get(symbol, Decimal(0)) + proposal.side.sign * quantity
        return replace(snapshot, positions={**snapshot.positions, symbol: held})
    order = Reservation(proposal.strategy, symbol, proposal.side, quantity, proposal.limit_price)
    return replace(snapshot, reserved={**snapshot.reserved, proposal.intent_id: order})


def _worst(snapshot: RiskSnapshot) -> dict[str, Decimal]:
    """Dollars by symbol, should the working orders of its worse side all fill."""
    found = {}
    for symbol, mark in snapshot.marks.items():
        ends = dict.fromkeys(Side, snapshot.positions.get(symbol, Decimal(0)))
        for order in snapshot.reserved.values():
            if order.symbol == symbol:
                ends[order.side] += order.side.sign * order.quantity
        found[symbol] = max(abs(end) for end in ends.values()) * mark
    return found


def _assert_within(snapshot: RiskSnapshot, before: dict[str, Decimal]) -> None:
    equity, worst = snapshot.equity, _worst(snapshot)
    assert equity is not None
    for symbol, dollars in worst.items():
        assert dollars <= max(equity * LIMITS.max_position_fraction, before[symbol])
    gross = sum(worst.values())
    assert gross <= max(equity * LIMITS.max_leverage, sum(before.values()))
    reducing_may_add = 2  # an exit is never kept waiting behind others
    assert len(snapshot.reserved) <= LIMITS.max_open_orders + reducing_may_add
