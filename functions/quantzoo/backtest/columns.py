"""Whole columns instead of single bars: the same numbers to the last bit, and where they matter.

A strategy whose decisions can be foreseen says so in `sparse(bars)`: it exchanges its indicators
for twins that look their values up, and answers at which bars it must be woken. The engine then
visits only those. Sums are of integer ticks and recursions keep the incremental form's steps, so
that nothing differs; tests hold both forms against each other. numpy is imported here and nowhere
else, because nothing of this runs live.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.sessions import session_at
from quantzoo.backtest.history import MINUTE_MS, Series, epoch_ms, instant
from quantzoo.declared import DeclaredStrategy
from quantzoo.indicators import TICKS_PER_DOLLAR, Atr, Bollinger, Roc, RollingMax, RollingMin, Sma
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

Mask = NDArray[np.bool_]
Ticks = NDArray[np.int64]
_LARGEST = 1_000_000_000  # ticks whose square fits 64 bits
_SAFE_WIDTH = 2**32  # n * (max - min): its square over four bounds a spread
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Wake:
    """At which bars a strategy may ask for something or change, while it holds nothing, shares,
    or sold shares. A bar more than needed does no harm, a bar too few is a wrong backtest.
    """

    flat: Mask
    long: Mask
    short: Mask


class Cursor:
    """The bar that is being decided on."""

    __slots__ = ("index",)

    def __init__(self) -> None:
        self.index = 0


Recursion = Callable[[Any, int, float, Any], None]
NO_MEANS: Mapping[int, float] = MappingProxyType({})


def wilder(ranges: Any, period: int, mean: float, means: Any) -> None:
    """Put the mean of Wilder after each of the ranges into `means`: the step of `Atr`."""
    less = period - 1
    means[:] = [mean := (mean * less + widest) / period for widest in ranges.tolist()]


class Columns:
    """One symbol's bars as arrays, and the twins of indicators over them.

    `means` are those of the true ranges at the first bar, by period, where bars were before it;
    `recursion` is another form of `wilder`.
    """

    def __init__(
        self,
        series: Series,
        *,
        means: Mapping[int, float] = NO_MEANS,
        recursion: Recursion | None = None,
    ) -> None:
        self.cursor = Cursor()
        self.recursion = recursion or wilder
        self._means = means
        self.starts: Ticks = np.asarray(series.starts, dtype=np.int64)
        self.open = np.asarray(series.open)
        self.high = np.asarray(series.high)
        self.low = np.asarray(series.low)
        self.close = np.asarray(series.close)
        self.close_ticks: Ticks = np.rint(self.close * TICKS_PER_DOLLAR).astype(np.int64)
        self._cache: dict[Any, Any] = {}
        if len(self.starts) and int(self.close_ticks.max()) > _LARGEST:
            raise InvalidValueError(f"Expected closes up to {_LARGEST / TICKS_PER_DOLLAR:.0f}")

    def __len__(self) -> int:
        return len(self.starts)

    def every(self) -> Mask:
        return np.ones(len(self), dtype=np.bool_)

    def within_close(self, minutes: int) -> Mask:
        """`quantzoo.strategy.closes_within` of each bar."""
        if not minutes:
            return np.zeros(len(self), dtype=np.bool_)
        left = self._closes() - (self.starts + MINUTE_MS)
        found: Mask = left <= minutes * MINUTE_MS
        return found

    def session_close(self, index: int) -> int:
        """The end of the session that a bar lies in, ms since 1970."""
        session = session_at(instant(int(self.starts[index])))
        if session is None:
            raise InvalidValueError("Expected bars of regular sessions")
        return epoch_ms(session.close)

    def read(self, reading: Reading) -> Any:
        """The reading at every bar: an array, or what is computed when an index is asked for."""
        if reading not in self._cache:
            self._cache[reading] = _COLUMNS[type(reading)](self, reading)
        return self._cache[reading]

    def sma(self, period: int) -> "ColumnSma":
        return ColumnSma(period, self.cursor, self._sums(self.close_ticks, period))

    def roc(self, period: int) -> "ColumnRoc":
        values = np.full(len(self), np.nan)
        if len(self) > period:
            values[period:] = (self.close[period:] / self.close[:-period] - 1.0) * 100.0
        return ColumnRoc(period, self.cursor, values)

    def highest(self, period: int) -> "ColumnMax":
        return ColumnMax(period, self.cursor, self._extreme(self.high, period, np.maximum))

    def lowest(self, period: int) -> "ColumnMin":
        return ColumnMin(period, self.cursor, self._extreme(self.low, period, np.minimum))

    def atr(self, period: int) -> "ColumnAtr":
        return ColumnAtr(period, self.cursor, self.wilder(period))

    def bollinger(self, period: int, width: float) -> "ColumnBollinger":
        if period > _LONGEST:
            raise InvalidValueError(f"Expected a period of at most {_LONGEST}, was {period}")
        if ("bands", period) not in self._cache:
            ticks = self._wide_enough(period)
            sums = self._sums(ticks, period)
            squares = self._sums(ticks**2, period)
            self._cache["bands", period] = (period * squares - sums**2, period * ticks - sums)
        spread, offset = self._cache["bands", period]
        return ColumnBollinger(period, width, self.cursor, spread=spread, offset=offset)

    def _closes(self) -> Ticks:
        """The end of each bar's session, ms since 1970."""
        if "closes" not in self._cache:
            breaks = np.flatnonzero(np.diff(self.starts) != MINUTE_MS) + 1
            first = np.concatenate([[0], breaks]) if len(self) else breaks
            ends = np.array([self.session_close(index) for index in first.tolist()], dtype=np.int64)
            lengths = np.append(first[1:], len(self)) - first
            self._cache["closes"] = np.repeat(ends, lengths)
        closes: Ticks = self._cache["closes"]
        return closes

    def _sums(self, values: Ticks, period: int) -> Ticks:
        """Sums of the last `period` values; of fewer at the beginning."""
        total = np.cumsum(values)
        sums = total.copy()
        sums[period:] -= total[:-period]
        return sums

    def _wide_enough(self, period: int) -> Ticks:
        """Closes in 64 bits where every spread fits them (sums may wrap around and come back, a
        spread may not), else as integers of any size.
        """
        ticks = self.close_ticks
        if len(ticks) < period or period * int(ticks.max() - ticks.min()) < _SAFE_WIDTH:
            return ticks
        windows = sliding_window_view(ticks, period)
        widest = int((windows.max(axis=1) - windows.min(axis=1)).max())
        wide: Ticks = ticks if period * widest < _SAFE_WIDTH else ticks.astype(object)
        return wide

    def _extreme(self, values: NDArray[np.float64], period: int, of: Any) -> NDArray[np.float64]:
        """Each window is the end of one block of `period` values and the beginning of the next."""
        found = np.full(len(self), np.nan)
        if len(self) < period:
            return found
        blocks = -(-len(self) // period)
        padded = np.concatenate([values, np.repeat(values[-1:], blocks * period - len(self))])
        blocked = padded.reshape(blocks, period)
        heads = of.accumulate(blocked, axis=1).ravel()
        tails = of.accumulate(blocked[:, ::-1], axis=1)[:, ::-1].ravel()
        found[period - 1 :] = of(tails[: len(self) - period + 1], heads[period - 1 : len(self)])
        return found

    def wilder(self, period: int) -> NDArray[np.float64]:
        """The recursion of `Atr`, step by step."""
        found = np.full(len(self), np.nan)
        high, low, before = self.high[1:], self.low[1:], self.close[:-1]
        ranges = np.maximum(np.maximum(high - low, np.abs(high - before)), np.abs(low - before))
        if period in self._means:
            found[0] = self._means[period]
            self.recursion(ranges, period, self._means[period], found[1:])
        elif len(self) > period:
            mean = 0.0
            for widest in ranges[:period].tolist():
                mean += widest
            found[period] = mean = mean / period
            self.recursion(ranges[period:], period, mean, found[period + 1 :])
        return found


class _Twin:
    """Values by the cursor: of the bar before until `update` was called on the present one."""

    def _look_up(self, cursor: Cursor, values: NDArray[Any], warm: int) -> None:
        self._cursor = cursor
        self._column = values
        self._warm = warm
        self._updated = -1

    def _index(self) -> int:
        index = self._cursor.index
        return index if self._updated == index else index - 1

    def _value(self) -> float | None:
        index = self._index()
        return float(self._column[index]) if index >= self._warm else None

    def _move(self) -> float | None:
        self._updated = self._cursor.index
        return self._value()


class ColumnSma(_Twin, Sma):
    def __init__(self, period: int, cursor: Cursor, sums: Ticks) -> None:
        self.period = period
        self.sums = sums
        self._look_up(cursor, sums, period - 1)

    @property
    def sum(self) -> int:  # type: ignore[override]  # looked up where the other one counts
        return int(self._column[self._index()])

    @property
    def value(self) -> float | None:
        return None if self._value() is None else self.sum / (self.period * TICKS_PER_DOLLAR)

    def update(self, price: float) -> float | None:  # noqa: ARG002  known already
        self._move()
        return self.value


class _ColumnValue(_Twin):
    def __init__(self, period: int, cursor: Cursor, values: NDArray[np.float64]) -> None:
        self.period = period
        self.column = values
        known = np.flatnonzero(~np.isnan(values))
        self._look_up(cursor, values, int(known[0]) if len(known) else len(values))

    @property
    def value(self) -> float | None:
        return self._value()

    def update(self, *_values: float) -> float | None:
        return self._move()


class ColumnRoc(_ColumnValue, Roc):
    pass


class ColumnMax(_ColumnValue, RollingMax):
    pass


class ColumnMin(_ColumnValue, RollingMin):
    pass


class ColumnAtr(_ColumnValue, Atr):
    pass


class ColumnBollinger(_Twin, Bollinger):
    """`sides` and `mean_sides` are columns of -1, 0 and 1."""

    def __init__(
        self, period: int, width: float, cursor: Cursor, *, spread: Ticks, offset: Ticks
    ) -> None:
        self.period = period
        self.width = width
        warm = np.arange(len(spread)) >= period - 1
        sign = (offset > 0).astype(np.int64) - (offset < 0).astype(np.int64)
        self.sides = np.where(warm & self._is_outside(offset, spread), sign, 0)
        self.mean_sides = np.where(warm, sign, 0)
        self.offsets, self.spreads = offset, spread
        self._look_up(cursor, self.sides, period - 1)

    def band_side(self) -> int:
        return int(self._column[self._index()]) if self._index() >= 0 else 0

    def mean_side(self) -> int:
        return int(self.mean_sides[self._index()]) if self._index() >= 0 else 0

    @property
    def value(self) -> float | None:
        if self._value() is None:
            return None
        spread = self._spread()
        return self._offset() / math.sqrt(spread) if spread else 0.0

    @property
    def deviation(self) -> float | None:
        if self._value() is None:
            return None
        return math.sqrt(self._spread()) / (self.period * TICKS_PER_DOLLAR)

    @property
    def middle(self) -> float | None:
        raise NotImplementedError("Expected band_side, mean_side, value or deviation")

    def update(self, price: float) -> float | None:  # noqa: ARG002  known already
        self._move()
        return self.value

    def _spread(self) -> int:
        return int(self.spreads[self._index()])

    def _offset(self) -> int:
        return int(self.offsets[self._index()])

    def _is_outside(self, offset: Ticks, spread: Ticks) -> Mask:
        """Floats say which bars are clearly outside or inside, integers decide on the rest."""
        distance = np.abs(offset).astype(float)
        band = self.width * np.sqrt(np.maximum(spread.astype(float), 0.0))
        outside: Mask = distance > band
        close = np.abs(distance - band) <= 1e-6 * (band + 1)
        numerator, denominator = self.width.as_integer_ratio()
        for index in np.flatnonzero(close):
            exact_offset, exact_spread = int(offset[index]), int(spread[index])
            outside[index] = (denominator * exact_offset) ** 2 > numerator**2 * exact_spread
        return outside


def _score(bars: Columns, reading: Score) -> NDArray[np.float64]:
    band = bars.bollinger(reading.period, 1.0)
    roots = _roots(band)
    found = np.zeros(len(bars))
    np.divide(band.offsets.astype(float), roots, out=found, where=roots > 0)
    return found


def _deviation(bars: Columns, reading: Deviation) -> NDArray[np.float64]:
    return _roots(bars.bollinger(reading.period, 1.0)) / (reading.period * TICKS_PER_DOLLAR)


def _roots(band: ColumnBollinger) -> NDArray[np.float64]:
    """As `math.sqrt`: a whole number is rounded to a float, and so is its root."""
    with np.errstate(invalid="ignore"):  # before it is warm, what wrapped around is no number
        roots: NDArray[np.float64] = np.sqrt(band.spreads.astype(float))
    return roots


def _shifted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.full(len(values), np.nan)
    found[1:] = values[:-1]
    return found


def _true_range(bars: Columns, reading: TrueRange) -> NDArray[np.float64]:
    if reading.before:
        return _shifted(bars.read(TrueRange(reading.period)))
    return bars.wilder(reading.period)


_COLUMNS: dict[type, Callable[[Columns, Any], Any]] = {
    Price: lambda bars, reading: getattr(bars, reading.name),
    Ending: lambda bars, reading: bars.within_close(reading.minutes),
    Sum: lambda bars, reading: bars.sma(reading.period).sums,
    Change: lambda bars, reading: bars.roc(reading.period).column,
    HighestBefore: lambda bars, reading: _shifted(bars.highest(reading.period).column),
    LowestBefore: lambda bars, reading: _shifted(bars.lowest(reading.period).column),
    TrueRange: _true_range,
    BandSide: lambda bars, reading: bars.bollinger(reading.period, reading.width).sides,
    MeanSide: lambda bars, reading: bars.bollinger(reading.period, 1.0).mean_sides,
    Deviation: _deviation,
    Score: _score,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a declared strategy decides at every bar; `warm` is the first that counts."""

    warm: int
    entry: NDArray[np.int8]
    leaves_long: Mask
    leaves_short: Mask
    rearms: Mask


def decided(strategy: DeclaredStrategy, bars: Columns) -> Decided:
    """`decide` over all bars; nothing before the readings are warm, where they are no numbers."""
    warm = min(max(each.warm for each in strategy.readings) - 1, len(bars))
    with np.errstate(invalid="ignore"):
        answers = strategy.decide(*(bars.read(each) for each in strategy.watched))
    kinds = (np.int8, np.bool_, np.bool_, np.bool_)
    columns: list[NDArray[Any]] = [
        np.broadcast_to(np.asarray(answer), len(bars)).astype(kind)
        for answer, kind in zip(answers, kinds, strict=True)
    ]
    for column in columns:
        column[:warm] = 0
    return Decided(warm, *columns)


def sparse_form(strategy: DeclaredStrategy, bars: Columns) -> Wake:
    """Where `decide` answers with something, and at both ends of each run of bars that rearm."""
    found = decided(strategy, bars)
    beside = np.zeros(len(bars), dtype=np.bool_)
    beside[1:] = ~found.rearms[:-1]
    beside[:-1] |= ~found.rearms[1:]
    rearms = found.rearms & beside
    follows = type(strategy).trail is not DeclaredStrategy.trail or strategy.most_bars is not None
    every = bars.every() if follows else rearms
    return Wake(
        flat=(found.entry != 0) | rearms,
        long=found.leaves_long | every,
        short=found.leaves_short | every,
    )


def minutes_of(columns: Sequence[Columns]) -> Ticks:
    """Every minute in which one of them has a bar, ascending."""
    first = columns[0].starts
    if all(np.array_equal(first, each.starts) for each in columns[1:]):
        return columns[0].starts
    every: Ticks = np.unique(np.concatenate([each.starts for each in columns]))
    return every
