from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import (
    EquityMarks,
    Halt,
    HaltCode,
    breaker,
    is_lifted_by_new_session,
)
from quantterminal.domain.risk import HaltLevel, RiskLimits

LIMITS = RiskLimits()
LOSS = (HaltLevel.REDUCE_ONLY, HaltCode.DAILY_LOSS)
DRAWDOWN = (HaltLevel.HALTED, HaltCode.DRAWDOWN)


def _marks(equity: object, *, day_open: object = 100_000, high: object = 100_000) -> EquityMarks:
    return EquityMarks(Decimal(str(equity)), Decimal(str(day_open)), Decimal(str(high)))


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (_marks(100_000), None),
        (_marks(120_000), None),
        # 5 % of the day's open: a cent less, exactly, a cent more
        (_marks("95000.01"), None),
        (_marks("95000.00"), LOSS),
        (_marks("94999.99"), LOSS),
        # 15 % of the high-water mark, on a day without a loss
        (_marks("85000.01", day_open=85_000), None),
        (_marks("85000.00", day_open=85_000), DRAWDOWN),
        (_marks("84999.99", day_open=85_000), DRAWDOWN),
        # both at once: the stricter one speaks
        (_marks(85_000), DRAWDOWN),
        (_marks(1), DRAWDOWN),
        # the day is measured from its open, not from the high-water mark
        (_marks(91_000, day_open=95_000), None),
        (_marks(90_250, day_open=95_000), LOSS),
        # all is lost, and more
        (_marks(0), DRAWDOWN),
        (_marks(-5), DRAWDOWN),
    ],
)
def test_losses_stop_trading_at_the_limit(
    marks: EquityMarks, expected: tuple[HaltLevel, HaltCode] | None
) -> None:
    verdict = breaker(marks, LIMITS)
    assert (verdict and verdict[:2]) == expected


def test_the_reason_tells_the_loss_in_dollars_and_percent() -> None:
    daily, drawdown = breaker(_marks("94990.00"), LIMITS), breaker(_marks(80_000), LIMITS)

    assert daily is not None
    assert daily[2] == "equity 94990.00 is 5.01 % below the day's open 100000.00"
    assert drawdown is not None
    assert drawdown[2] == "equity 80000.00 is 20.00 % below the high-water mark 100000.00"


def test_the_limits_are_those_that_were_configured() -> None:
    tight = RiskLimits(daily_loss_fraction=Decimal("0.01"), drawdown_fraction=Decimal("0.02"))

    assert breaker(_marks("99000.01"), tight) is None
    assert (breaker(_marks(99_000), tight) or ())[:2] == LOSS
    assert (breaker(_marks(98_000), tight) or ())[:2] == DRAWDOWN


@pytest.mark.parametrize("bad", ["0", "-1", "NaN", "Infinity"])
def test_a_base_that_nothing_can_be_compared_with_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValueError, match="high-water mark above 0"):
        breaker(_marks(100, high=bad), LIMITS)
    with pytest.raises(InvalidValueError, match="day's open above 0"):
        breaker(_marks(100_000, day_open=bad), LIMITS)


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity"])
def test_an_equity_that_is_no_number_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValueError, match="finite equity"):
        breaker(_marks(bad), LIMITS)


@given(
    equity=st.decimals("-1000", "200000", places=2),
    day_open=st.decimals("0.01", "200000", places=2),
    high=st.decimals("0.01", "200000", places=2),
)
def test_less_equity_is_never_judged_more_mildly(
    equity: Decimal, day_open: Decimal, high: Decimal
) -> None:
    marks, poorer = (EquityMarks(e, day_open, high) for e in (equity, equity - 1))
    levels = [(breaker(each, LIMITS) or (HaltLevel.ACTIVE,))[0] for each in (marks, poorer)]

    assert levels[0] <= levels[1]
    assert (levels[0] is HaltLevel.HALTED) == (high - equity >= high * LIMITS.drawdown_fraction)
    assert (levels[0] is not HaltLevel.ACTIVE) == (
        high - equity >= high * LIMITS.drawdown_fraction
        or day_open - equity >= day_open * LIMITS.daily_loss_fraction
    )


@pytest.mark.parametrize("code", HaltCode)
@pytest.mark.parametrize("level", [HaltLevel.REDUCE_ONLY, HaltLevel.HALTED])
def test_only_what_a_new_day_settles_ends_with_the_session(
    code: HaltCode, level: HaltLevel
) -> None:
    at = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
    halt = Halt("account", level, code, reason="because", actor="breaker", at=at)
    of_losses = {HaltCode.DAILY_LOSS, HaltCode.STRATEGY_LOSS, HaltCode.CONSECUTIVE_LOSERS}
    assert is_lifted_by_new_session(halt) == (code in of_losses | {HaltCode.NOT_TRADABLE})
