"""Each column against the indicator that runs live: equal to the last bit, at every bar."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.bars import read_history
from quantzoo.backtest.columns import Columns
from quantzoo.backtest.history import Series
from quantzoo.indicators import Atr, Bollinger, Indicator, Roc, RollingMax, RollingMin, Sma
from quantzoo.strategy import closes_within
from tests.e2e.qt_process import RECORDED
from tests.unit.quantzoo.histories import synthetic

PERIODS = st.integers(1, 12)


def series_of(cents: list[tuple[int, int, int, int]]) -> Series:
    """Rows of four prices in ten-thousandths, in whatever order."""
    rows = [sorted(each) for each in cents]
    closes = [each[3] for each in cents]
    columns = [[value / 10_000 for value in column] for column in zip(*rows, strict=True)]
    shown = [value / 10_000 for value in closes]
    starts = [1_709_562_600_000 + 60_000 * n for n in range(len(cents))]
    return Series("ALDR", starts, shown, columns[3], columns[0], shown, [1.0] * len(cents))


def pairs(bars: Columns, period: int, width: float) -> list[tuple[Indicator, Indicator, list[str]]]:
    """Column, incremental form, and the names of the bar's values that `update` takes."""
    return [
        (bars.sma(period), Sma(period), ["close"]),
        (bars.roc(period), Roc(period), ["close"]),
        (bars.highest(period), RollingMax(period), ["high"]),
        (bars.lowest(period), RollingMin(period), ["low"]),
        (bars.atr(period), Atr(period), ["high", "low", "close"]),
        (bars.bollinger(period, width), Bollinger(period, width=width), ["close"]),
    ]


def shown(indicator: Any) -> tuple[Any, ...]:
    """Everything that a strategy may look at."""
    found: tuple[Any, ...] = (indicator.value,)
    if isinstance(indicator, Sma):
        found += (indicator.sum if indicator.value is not None else None,)
    if isinstance(indicator, Bollinger):
        found += (indicator.band_side(), indicator.mean_side(), indicator.deviation)
    return found


def assert_equal_everywhere(series: Series, period: int, width: float) -> None:
    bars = Columns(series)
    for column, incremental, names in pairs(bars, period, width):
        for index in range(len(series)):
            bars.cursor.index = index
            place = f"{type(incremental).__name__}({period}) at {index}"
            assert shown(column) == shown(incremental), f"{place}, before it"
            values = [getattr(series, name)[index] for name in names]
            assert column.update(*values) == incremental.update(*values), place  # type: ignore[attr-defined]  # each takes its own
            assert shown(column) == shown(incremental), place


@settings(max_examples=60, deadline=None)
@given(
    cents=st.lists(
        st.tuples(*[st.integers(9_900, 10_100) | st.integers(1, 10**9)] * 4),
        min_size=1,
        max_size=60,
    ),
    period=PERIODS,
    width=st.sampled_from([0.5, 1.0, 1.7, 2.0, 3.0]),
)
def test_on_random_prices(cents: list[Any], period: int, width: float) -> None:
    assert_equal_everywhere(series_of(cents), period, width)


def test_spreads_that_do_not_fit_64_bits() -> None:
    jumps = [(1, 1, 1, 10**9 if n % 3 else 1) for n in range(40)]

    assert_equal_everywhere(series_of(jumps), 12, 1.0)


@pytest.mark.parametrize("period", [2, 20])
def test_on_a_synthetic_day(period: int) -> None:
    assert_equal_everywhere(synthetic(sessions=1).series["ALDR"], period, 2.0)


FILE = RECORDED / "SPY_20131008.csv.gz"


@pytest.mark.skipif(not FILE.exists(), reason="the recorded bars are not here")
@pytest.mark.parametrize("period", [5, 20])
def test_on_a_recorded_day(period: int) -> None:
    history = read_history([FILE], longest_gap=390)

    assert_equal_everywhere(history.series["SPY"], period, 2.0)


@pytest.mark.parametrize("minutes", [0, 5, 390])
def test_the_end_of_the_session_is_where_the_strategies_see_it(minutes: int) -> None:
    series = synthetic(sessions=2).series["ALDR"]

    found = Columns(series).within_close(minutes)

    assert found.tolist() == [
        closes_within(series.bar(index), minutes) for index in range(len(series))
    ]
