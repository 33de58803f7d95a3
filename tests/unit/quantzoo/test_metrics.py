"""Figures against empyrical where it defines them; None where it answers NaN or infinity."""

import math
from decimal import Decimal

import empyrical
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantzoo.metrics import (
    cagr,
    max_drawdown,
    profit_factor,
    returns_of,
    sharpe,
    sortino,
    win_rate,
)

returns_lists = st.lists(
    st.integers(-5000, 5000).map(lambda points: points / 100_000), min_size=2, max_size=60
)


def _equity(returns: list[float]) -> list[float]:
    equity = [100_000.0]
    for value in returns:
        equity.append(equity[-1] * (1 + value))
    return equity


@given(returns_lists, st.sampled_from([0.0, 0.0001]), st.sampled_from([252, 98_280]))
def test_sharpe_is_empyricals(returns: list[float], risk_free: float, periods: int) -> None:
    assume(len(set(returns)) > 1)

    expected = empyrical.sharpe_ratio(np.array(returns), risk_free=risk_free, annualization=periods)
    assert sharpe(returns, risk_free=risk_free, periods_per_year=periods) == pytest.approx(
        expected, rel=1e-9, abs=1e-9
    )


@given(returns_lists, st.sampled_from([0.0, 0.0001]), st.sampled_from([252, 98_280]))
def test_sortino_is_empyricals(returns: list[float], required: float, periods: int) -> None:
    assume(min(returns) < required)

    expected = empyrical.sortino_ratio(
        np.array(returns), required_return=required, annualization=periods
    )
    assert sortino(returns, required=required, periods_per_year=periods) == pytest.approx(
        expected, rel=1e-9, abs=1e-9
    )


@given(returns_lists)
def test_max_drawdown_is_empyricals_with_the_sign_turned(returns: list[float]) -> None:
    expected = -empyrical.max_drawdown(np.array(returns))

    assert max_drawdown(_equity(returns)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(returns_lists)
def test_cagr_is_empyricals(returns: list[float]) -> None:
    expected = empyrical.cagr(np.array(returns), annualization=252)
    assume(math.isfinite(expected))

    assert cagr(_equity(returns)) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@given(returns_lists)
def test_returns_and_equity_are_inverse(returns: list[float]) -> None:
    assert returns_of(_equity(returns)) == pytest.approx(returns, rel=1e-9, abs=1e-12)


def test_figures_on_paper() -> None:
    equity = [100.0, 110.0, 99.0, 120.0]

    assert returns_of(equity) == pytest.approx([0.1, -0.1, 7 / 33])
    assert max_drawdown(equity) == pytest.approx(0.1)
    assert cagr([100.0, 121.0], periods_per_year=0.5) == pytest.approx(0.1)
    assert sharpe([0.01, 0.03], periods_per_year=1) == pytest.approx(math.sqrt(2))


def test_decimal_equity_is_taken_as_it_is() -> None:
    assert returns_of([Decimal(100), Decimal(101)]) == pytest.approx([0.01])
    assert max_drawdown([Decimal(100), Decimal(85)]) == pytest.approx(0.15)


@pytest.mark.parametrize("returns", [[], [0.01], [0.1, 0.1, 0.1]])
def test_sharpe_needs_returns_that_differ(returns: list[float]) -> None:
    assert sharpe(returns) is None


def test_sortino_needs_a_return_that_fell_short() -> None:
    assert sortino([0.01]) is None
    assert sortino([0.01, 0.0]) is None
    assert sortino([0.01, 0.0], required=0.005) is not None


def test_equity_figures_need_equity() -> None:
    assert max_drawdown([]) is None
    assert max_drawdown([100.0]) == 0.0
    assert cagr([100.0]) is None


def test_growth_beyond_a_float_is_not_a_number_to_show() -> None:
    assert cagr([100.0, 102.0], periods_per_year=98_280) is None


@pytest.mark.parametrize("point", [0.0, -5.0, math.nan, math.inf])
def test_equity_of_nothing_is_refused(point: float) -> None:
    with pytest.raises(InvalidValueError, match=r"above 0, was .* at index 1"):
        max_drawdown([100.0, point])


def test_win_rate_counts_only_gains_as_wins() -> None:
    assert win_rate([Decimal(5), Decimal(0), Decimal(-1), Decimal(2)]) == 0.5
    assert win_rate([]) is None


def test_profit_factor_is_gains_over_losses() -> None:
    assert profit_factor([Decimal(6), Decimal(-2), Decimal(-1), Decimal(0)]) == 2.0
    assert profit_factor([Decimal(-2)]) == 0.0
    assert profit_factor([Decimal(6)]) is None
    assert profit_factor([]) is None
