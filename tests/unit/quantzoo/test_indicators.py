"""Values against TA-Lib where the definitions agree, against plain arithmetic where they do not."""

import json
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantzoo.indicators import (
    Atr,
    Bollinger,
    Ema,
    Indicator,
    Roc,
    RollingMax,
    RollingMin,
    RollingStd,
    Rsi,
    Sma,
    to_ticks,
)
from tests.unit.quantzoo.replay import random_bars, recorded_bars

prices = st.lists(
    st.integers(1, 50_000_000).map(lambda ticks: ticks / 10_000), min_size=1, max_size=60
)
PRICE_INDICATORS: dict[str, Callable[[int], Indicator]] = {
    "sma": Sma,
    "ema": Ema,
    "rsi": Rsi,
    "roc": Roc,
    "std": RollingStd,
    "bollinger": lambda period: Bollinger(period, width=2.0),
    "max": RollingMax,
    "min": RollingMin,
}
_SOURCES = ("walk 1", "walk 2", "walk 3", "SPY", "IBM", "BAC")


@pytest.fixture(params=_SOURCES)
def bars(request: pytest.FixtureRequest) -> list[Bar]:
    kind, _, seed = request.param.partition(" ")
    return random_bars(int(seed), 1500) if seed else recorded_bars(kind, "20131007")


def _column(bars: Sequence[Bar], name: str) -> np.ndarray:
    return np.array([getattr(bar, name) for bar in bars])


def _assert_same(found: list[float | None], expected: np.ndarray, **tolerance: float) -> None:
    assert [value is None for value in found] == np.isnan(expected).tolist()
    warm = [value for value in found if value is not None]
    assert warm
    assert warm == pytest.approx(expected[~np.isnan(expected)].tolist(), **tolerance)


@pytest.mark.parametrize("period", [1, 2, 5, 20, 200])
def test_sma_is_talibs(bars: list[Bar], period: int) -> None:
    sma = Sma(period)
    found = [sma.update(bar.close) for bar in bars]

    expected = talib.MA(_column(bars, "close"), period)
    _assert_same(found, expected, rel=1e-12)


@pytest.mark.parametrize("period", [2, 12, 26])
def test_ema_is_talibs(bars: list[Bar], period: int) -> None:
    ema = Ema(period)
    found = [ema.update(bar.close) for bar in bars]

    _assert_same(found, talib.EMA(_column(bars, "close"), period), rel=1e-14)


@pytest.mark.parametrize("period", [2, 14])
def test_rsi_is_talibs(bars: list[Bar], period: int) -> None:
    rsi = Rsi(period)
    found = [rsi.update(bar.close) for bar in bars]

    expected = talib.RSI(_column(bars, "close"), period)
    unmoved = [
        index for index, value in enumerate(found) if value == 50.0 and expected[index] == 0.0
    ]
    expected[unmoved] = 50.0
    _assert_same(found, expected, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("period", [1, 5, 14])
def test_atr_is_talibs(bars: list[Bar], period: int) -> None:
    atr = Atr(period)
    found = [atr.update(bar.high, bar.low, bar.close) for bar in bars]

    columns = [_column(bars, name) for name in ("high", "low", "close")]
    _assert_same(found, talib.ATR(*columns, period), rel=1e-12)


@pytest.mark.parametrize("period", [1, 10])
def test_roc_is_talibs_to_the_last_bit(bars: list[Bar], period: int) -> None:
    roc = Roc(period)
    found = [roc.update(bar.close) for bar in bars]

    _assert_same(found, talib.ROC(_column(bars, "close"), period), rel=0, abs=0)


@pytest.mark.parametrize("period", [2, 20, 55])
def test_extremes_are_talibs_to_the_last_bit(bars: list[Bar], period: int) -> None:
    highest, lowest = RollingMax(period), RollingMin(period)

    _assert_same(
        [highest.update(bar.high) for bar in bars],
        talib.MAX(_column(bars, "high"), period),
        rel=0,
        abs=0,
    )
    _assert_same(
        [lowest.update(bar.low) for bar in bars],
        talib.MIN(_column(bars, "low"), period),
        rel=0,
        abs=0,
    )


@pytest.mark.parametrize("period", [2, 20])
def test_deviation_is_talibs_as_far_as_its_floats_reach(bars: list[Bar], period: int) -> None:
    std = RollingStd(period)
    found = [std.update(bar.close) for bar in bars]

    # TA-Lib subtracts float sums of squares: about sqrt(price**2 * 1e-13) dollars are noise.
    _assert_same(found, talib.STDDEV(_column(bars, "close"), period), rel=1e-5, abs=1e-4)


def test_bands_are_talibs_as_far_as_its_floats_reach(bars: list[Bar]) -> None:
    bands = Bollinger(20, width=2.0)
    found = []
    for bar in bars:
        bands.update(bar.close)
        found.append((bands.upper, bands.middle, bands.lower))

    expected = talib.BBANDS(_column(bars, "close"), 20, 2.0, 2.0)
    for mine, talibs in zip(zip(*found, strict=True), expected, strict=True):
        _assert_same(list(mine), talibs, rel=1e-5, abs=1e-4)


@given(prices, st.integers(1, 12))
def test_deviation_is_the_exact_one_rounded_at_the_end(closes: list[float], period: int) -> None:
    std = RollingStd(period)
    for close in closes:
        std.update(close)

    if len(closes) < period:
        assert std.value is None
        return
    window = [Fraction(to_ticks(close), 10_000) for close in closes[-period:]]
    mean = sum(window) / period
    variance = sum((price - mean) ** 2 for price in window) / period
    assert std.value == pytest.approx(math.sqrt(variance), rel=1e-15, abs=0)


@given(prices, st.integers(1, 12))
def test_sma_is_the_exact_mean_rounded_once(closes: list[float], period: int) -> None:
    sma = Sma(period)
    for close in closes:
        sma.update(close)

    window = [Fraction(to_ticks(close), 10_000) for close in closes[-period:]]
    assert sma.value == (float(sum(window) / period) if len(closes) >= period else None)


@given(prices, st.integers(1, 12))
def test_extremes_are_those_of_the_window(closes: list[float], period: int) -> None:
    highest, lowest = RollingMax(period), RollingMin(period)

    for count, close in enumerate(closes, start=1):
        window = closes[max(0, count - period) : count]
        warm = count >= period
        assert highest.update(close) == (max(window) if warm else None)
        assert lowest.update(close) == (min(window) if warm else None)


@pytest.mark.parametrize("name", ["sma", "std", "bollinger", "roc", "max", "min"])
@given(before=prices, after=prices, period=st.integers(1, 12))
def test_windowed_values_do_not_depend_on_the_start_of_the_stream(
    name: str, before: list[float], after: list[float], period: int
) -> None:
    early, late = PRICE_INDICATORS[name](period), PRICE_INDICATORS[name](period)
    for close in before:
        early.update(close)

    for close in after:
        first, second = early.update(close), late.update(close)
        if second is not None:
            assert first == second


@pytest.mark.parametrize("name", PRICE_INDICATORS)
@given(before=prices, after=prices, period=st.integers(1, 12))
def test_a_restored_indicator_goes_on_exactly(
    name: str, before: list[float], after: list[float], period: int
) -> None:
    saved = PRICE_INDICATORS[name](period)
    for close in before:
        saved.update(close)
    restored = PRICE_INDICATORS[name](1)
    restored.restore(json.loads(json.dumps(saved.save())))

    assert restored.value == saved.value
    assert [restored.update(close) for close in after] == [saved.update(close) for close in after]


@given(st.integers(0, 40), st.integers(1, 15), st.integers(0, 10))
def test_a_restored_atr_goes_on_exactly(cut: int, period: int, seed: int) -> None:
    bars = random_bars(seed, 60)
    saved = Atr(period)
    for bar in bars[:cut]:
        saved.update(bar.high, bar.low, bar.close)
    restored = Atr(1)
    restored.restore(json.loads(json.dumps(saved.save())))

    for bar in bars[cut:]:
        assert restored.update(bar.high, bar.low, bar.close) == saved.update(
            bar.high, bar.low, bar.close
        )


def test_averages_that_tie_are_seen_to_tie() -> None:
    fast, slow = Sma(2), Sma(3)
    for price in (0.3, 0.1, 0.2, 0.15, 0.1, 0.2):
        fast.update(price)
        slow.update(price)

    assert slow.period * fast.sum == fast.period * slow.sum


@given(prices, st.integers(2, 12), st.sampled_from([0.5, 1.0, 2.0, 2.5]))
def test_band_side_is_the_exact_comparison(closes: list[float], period: int, width: float) -> None:
    bands = Bollinger(period, width=width)
    for close in closes:
        bands.update(close)

    if len(closes) < period:
        assert (bands.band_side(), bands.mean_side()) == (0, 0)
        return
    window = [Fraction(to_ticks(close)) for close in closes[-period:]]
    mean = sum(window) / period
    variance = sum((price - mean) ** 2 for price in window) / period
    offset = window[-1] - mean
    side = (offset > 0) - (offset < 0)
    outside = offset**2 > Fraction(width) ** 2 * variance
    assert bands.mean_side() == side
    assert bands.band_side() == (side if outside else 0)


def test_equal_prices_have_no_deviation_and_lie_in_the_band() -> None:
    bands = Bollinger(3, width=2.0)
    for _ in range(5):
        bands.update(167.27)

    assert (bands.value, bands.deviation, bands.band_side()) == (0.0, 0.0, 0)
    assert bands.upper == bands.middle == bands.lower == 167.27


def test_a_market_that_does_not_move_is_neither_strong_nor_weak() -> None:
    rsi = Rsi(3)
    for _ in range(5):
        rsi.update(10.0)

    assert rsi.value == 50.0
    assert talib.RSI(np.array([10.0] * 5), 3)[-1] == 0.0


def test_rsi_stays_between_its_limits() -> None:
    rising, falling = Rsi(3), Rsi(3)
    for step in range(10):
        rising.update(10.0 + step)
        falling.update(30.0 - step)

    assert (rising.value, falling.value) == (100.0, 0.0)


def test_ema_forgets_its_start() -> None:
    closes = [bar.close for bar in random_bars(5, 2000)]
    early, late = Ema(20), Ema(20)
    for close in closes[:500]:
        early.update(close)

    gaps = []
    for close in closes[500:]:
        first, second = early.update(close), late.update(close)
        gaps.append(abs(first - second) if first is not None and second is not None else math.inf)

    assert gaps[20] > 0
    assert max(gaps[-1000:]) < 1e-12
    assert all(after <= before + 1e-12 for before, after in pairwise(gaps[20:]))


@pytest.mark.parametrize("period", [0, -1, 2.0, True, "5"])
def test_a_period_that_is_no_whole_number_above_0_is_refused(period: object) -> None:
    with pytest.raises(InvalidValueError, match="Sma: expected a period of 1 or more"):
        Sma(period)  # type: ignore[arg-type]  # the case under test


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan])
def test_a_band_without_width_is_refused(width: float) -> None:
    with pytest.raises(InvalidValueError, match="width above 0"):
        Bollinger(20, width=width)


@pytest.mark.parametrize("name", PRICE_INDICATORS)
@pytest.mark.parametrize("price", [math.nan, math.inf])
def test_a_price_that_is_no_number_is_refused_and_changes_nothing(name: str, price: float) -> None:
    indicator = PRICE_INDICATORS[name](1)
    indicator.update(10.0)
    before = indicator.save()

    with pytest.raises(InvalidValueError, match="finite"):
        indicator.update(price)
    assert indicator.save() == before
