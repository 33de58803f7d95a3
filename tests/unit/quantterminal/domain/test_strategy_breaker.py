from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.halts import Halt, HaltCode, is_lifted_by_new_session
from quantterminal.domain.risk import HaltLevel, RiskLimits
from quantterminal.domain.signals import Side
from quantterminal.domain.strategy_breaker import Outcome, Tally

NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
OPENING = Decimal(100_000)
LIMITS = RiskLimits(max_consecutive_losers=3)
TICK = timedelta(microseconds=1)
TEN = timedelta(minutes=10)


def filled(number: int, *, earns: object = 0, age: timedelta = timedelta(0)) -> Outcome:
    intent = f"m@1:SPY:{number}:0#0"
    return Outcome(intent, "SPY", Side.BUY, NOW - age, Decimal(str(earns)))


def refused(number: int, *, age: timedelta = timedelta(0)) -> Outcome:
    return Outcome(f"m@1:SPY:{number}:0#0", "SPY", Side.BUY, NOW - age, is_rejected=True)


def code(
    outcomes: Sequence[Outcome], limits: RiskLimits = LIMITS, opening: Decimal = OPENING
) -> HaltCode | None:
    verdict = Tally(outcomes).verdict(outcomes[-1], limits, day_open_equity=opening)
    return None if verdict is None else verdict[1]


def five(earlier: Outcome) -> list[Outcome]:
    return [earlier, *[filled(n) for n in range(1, 5)]]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        # C7: five signals within ten minutes
        ([filled(n) for n in range(4)], None),
        ([filled(n) for n in range(5)], HaltCode.REPEATED_FILLS),
        ([filled(n) for n in range(6)], HaltCode.REPEATED_FILLS),
        (five(filled(0, age=TEN - TICK)), HaltCode.REPEATED_FILLS),
        (five(filled(0, age=TEN)), None),
        (five(replace(filled(0), symbol="IBM")), None),
        (five(replace(filled(0), side=Side.SELL)), None),
        # ... parts and new prices of one are one
        (five(replace(filled(1), intent_id="m@1:SPY:1:0#1")), None),
        (five(filled(1)), None),
        (five(refused(0)), None),
        # C20: 3 % of 100,000
        ([filled(0, earns="-2999.99")], None),
        ([filled(0, earns=-3000)], HaltCode.STRATEGY_LOSS),
        ([filled(0, earns="-3000.01")], HaltCode.STRATEGY_LOSS),
        ([filled(0, earns=10), filled(1, earns=-3009)], None),
        ([filled(0, earns=10), filled(1, earns=-3010)], HaltCode.STRATEGY_LOSS),
        # ... losers in a row
        ([filled(n, earns=-1, age=n * TEN) for n in range(2)], None),
        ([filled(n, earns=-1, age=n * TEN) for n in range(3)], HaltCode.CONSECUTIVE_LOSERS),
        ([filled(n, earns=-1, age=n * TEN) for n in range(4)], HaltCode.CONSECUTIVE_LOSERS),
        ([filled(n, earns=e, age=n * TEN) for n, e in enumerate([-1, 1, -1, -1])], None),
        # ... entries between them earn nothing and do not count
        (
            [filled(n, earns=e, age=n * TEN) for n, e in enumerate([-1, 0, -1, 0, -1])],
            HaltCode.CONSECUTIVE_LOSERS,
        ),
        # ... an order is one loser, however many its fills
        ([filled(0, earns=-1)] * 3, None),
        # ... refusals
        ([refused(n) for n in range(4)], None),
        ([refused(n) for n in range(5)], HaltCode.REJECT_RATE),
        ([refused(0, age=TEN - TICK), *[refused(n) for n in range(1, 5)]], HaltCode.REJECT_RATE),
        ([refused(0, age=TEN), *[refused(n) for n in range(1, 5)]], None),
        ([*[refused(n) for n in range(5)], filled(9)], None),
    ],
)
def test_each_limit_from_both_sides(outcomes: list[Outcome], expected: HaltCode | None) -> None:
    assert code(outcomes) == expected


def test_losers_count_only_when_that_is_configured() -> None:
    losers = [filled(n, earns=-1, age=n * TEN) for n in range(9)]
    assert code(losers, RiskLimits()) is None


def test_an_opening_equity_of_nothing_stops_at_the_first_loss() -> None:
    assert code([filled(0)], opening=Decimal(0)) is None
    assert code([filled(0, earns="-0.01")], opening=Decimal(0)) is HaltCode.STRATEGY_LOSS


@pytest.mark.parametrize(
    ("outcomes", "level", "ends"),
    [
        ([refused(n) for n in range(5)], HaltLevel.HALTED, False),
        ([filled(n) for n in range(5)], HaltLevel.REDUCE_ONLY, False),
        ([filled(0, earns=-3000)], HaltLevel.REDUCE_ONLY, True),
        ([filled(n, earns=-1, age=n * TEN) for n in range(3)], HaltLevel.REDUCE_ONLY, True),
    ],
)
def test_how_far_it_stops_and_whether_a_session_ends_it(
    outcomes: list[Outcome], level: HaltLevel, *, ends: bool
) -> None:
    verdict = Tally(outcomes).verdict(outcomes[-1], LIMITS, day_open_equity=OPENING)
    assert verdict is not None
    halt = Halt("strategy:m", *verdict, actor="breaker", at=NOW)

    assert halt.level is level
    assert is_lifted_by_new_session(halt) is ends
