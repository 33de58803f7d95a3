"""Each reading says the same from bar to bar, from block to block and from whole columns."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.bars import read_history
from quantzoo.backtest.columns import Columns
from quantzoo.backtest.history import Series
from quantzoo.backtest.streams import Stream
from quantzoo.readings import (
    BandSide,
    Change,
    Deviation,
    Ending,
    HighestBefore,
    LowestBefore,
    MeanSide,
    Price,
    Reading,
    Score,
    Sum,
    TrueRange,
)
from tests.e2e.qt_process import RECORDED
from tests.unit.quantzoo.backtest.test_columns import series_of
from tests.unit.quantzoo.histories import synthetic


def readings(period: int, width: float) -> list[Reading]:
    return [
        *(Price(name) for name in ("open", "high", "low", "close")),
        Ending(0),
        Ending(5),
        Sum(period),
        Change(period),
        HighestBefore(period),
        LowestBefore(period),
        TrueRange(period),
        TrueRange(period, before=True),
        BandSide(period, width),
        MeanSide(period),
        Deviation(period),
        Score(period),
    ]


def by_bars(reading: Reading, series: Series) -> list[Any]:
    indicator = reading.indicator()
    return [reading.value(indicator, series.bar(index)) for index in range(len(series))]


def by_blocks(reading: Reading, series: Series, size: int) -> list[Any]:
    stream = Stream(series, [reading])
    found: list[Any] = []
    for begin in range(0, len(series), size):
        end = min(begin + size, len(series))
        stream.load(begin, end)
        block = stream.numbers(reading)
        found += [block[index] for index in range(end - begin)]
    return found


def assert_same(series: Series, period: int, width: float, size: int) -> None:
    for reading in readings(period, width):
        bars, column = by_bars(reading, series), Columns(series).read(reading)
        blocks = by_blocks(reading, series, size)
        cold = min(reading.warm - 1, len(series))
        assert bars[:cold] == [None] * cold, f"{reading} is warm too early"
        for index in range(cold, len(series)):
            place = f"{reading} at {index}, blocks of {size}"
            assert bars[index] == blocks[index] == column[index], place


@settings(max_examples=60, deadline=None)
@given(
    cents=st.lists(
        st.tuples(*[st.integers(9_900, 10_100) | st.integers(1, 10**9)] * 4),
        min_size=1,
        max_size=60,
    ),
    period=st.integers(1, 12),
    width=st.sampled_from([0.5, 1.0, 1.7, 2.0, 3.0]),
    size=st.integers(1, 70),
)
def test_on_random_prices(cents: list[Any], period: int, width: float, size: int) -> None:
    assert_same(series_of(cents), period, width, size)


@pytest.mark.parametrize("size", [7, 390, 2_048])
def test_over_two_synthetic_days(size: int) -> None:
    assert_same(synthetic(sessions=2).series["ALDR"], 20, 2.0, size)


FILE = RECORDED / "SPY_20131008.csv.gz"


@pytest.mark.skipif(not FILE.exists(), reason="the recorded bars are not here")
def test_on_a_recorded_day() -> None:
    history = read_history([FILE], longest_gap=390)

    assert_same(history.series["SPY"], 20, 2.0, 100)
