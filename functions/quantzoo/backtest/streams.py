"""Readings of one symbol a block of bars at a time, in plain Python: no array library, no look at a
later block. Each reading keeps what it must remember between blocks; sums are of integer ticks and
recursions take the steps of the indicators, so that every value is theirs to the last bit.
"""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import mul, sub
from typing import Any

from quantterminal.domain.sessions import session_at
from quantzoo.backtest.history import MINUTE_MS, Series, epoch_ms, instant
from quantzoo.indicators import TICKS_PER_DOLLAR
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

_DAY_MS = 86_400_000
_to_ticks = float(TICKS_PER_DOLLAR).__mul__


class Stream:
    """The bars of one block as lists, and the readings of them; `load` goes on to the next."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._readers: dict[Any, Callable[[Stream], Sequence[Any]]] = {}
        self._cache: dict[Any, Sequence[Any]] = {}
        self._close_of: tuple[int, int] = (-1, 0)

    def load(self, begin: int, end: int) -> None:
        """Blocks follow each other; whatever was read once is to be read of each of them."""
        series = self._series
        part = slice(begin, end)
        self.starts = list(series.starts[part])
        self.open, self.high = list(series.open[part]), list(series.high[part])
        self.low, self.close = list(series.low[part]), list(series.close[part])
        self.ticks = list(map(round, map(_to_ticks, self.close)))
        self._cache = {}

    def read(self, reading: Reading) -> Sequence[Any]:
        return self._known(reading, _READERS[type(reading)])

    def sums(self, period: int) -> Sequence[int]:
        """Of the last `period` closes in ticks; of fewer at the beginning."""
        return self._known(("sums", period), lambda _: _rolling(period, lambda s: s.ticks))

    def squares(self, period: int) -> Sequence[int]:
        return self._known(
            ("squares", period),
            lambda _: _rolling(period, lambda s: list(map(mul, s.ticks, s.ticks))),
        )

    def offsets(self, period: int) -> Sequence[int]:
        """n * x - S: the distance from the mean, times n."""
        return self._known(
            ("offsets", period),
            lambda _: (
                lambda s: [
                    period * x - total for x, total in zip(s.ticks, s.sums(period), strict=True)
                ]
            ),
        )

    def spreads(self, period: int) -> Sequence[int]:
        """n * Q - S * S: the variance, times n squared."""
        return self._known(
            ("spreads", period),
            lambda _: (
                lambda s: [
                    period * squares - total * total
                    for squares, total in zip(s.squares(period), s.sums(period), strict=True)
                ]
            ),
        )

    def ranges(self, period: int) -> Sequence[tuple[float, float]]:
        """Wilder's mean true range (before, at) each bar."""
        return self._known(("ranges", period), lambda _: _wilder(period))

    def session_close(self, start: int) -> int:
        """The end of the session that a bar lies in, ms since 1970."""
        day = start // _DAY_MS
        if self._close_of[0] != day:
            session = session_at(instant(start))
            self._close_of = (day, start if session is None else epoch_ms(session.close))
        return self._close_of[1]

    def _known(self, key: Any, make: Callable[[Any], Any]) -> Sequence[Any]:
        found = self._cache.get(key)
        if found is None:
            reader = self._readers.get(key)
            if reader is None:
                reader = self._readers[key] = make(key)
            found = self._cache[key] = reader(self)
        return found


class _AtIndex(Sequence[float]):
    """Numbers that are looked up so rarely that a list of them would be a waste."""

    def __init__(self, length: int, value: Callable[[int], float]) -> None:
        self._length = length
        self._value = value

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        return self._value(index)


Reader = Callable[[Stream], Sequence[Any]]


def _rolling(period: int, values_of: Callable[[Stream], list[int]]) -> Reader:
    tail, total = [0] * period, 0

    def read(stream: Stream) -> Sequence[int]:
        nonlocal tail, total
        values = values_of(stream)
        lagged = tail + values
        tail = lagged[-period:]
        sums = list(accumulate(map(sub, values, lagged), initial=total))
        total = sums[-1]
        del sums[0]
        return sums

    return read


def _change(reading: Change) -> Reader:
    tail = [math.nan] * reading.period

    def read(stream: Stream) -> Sequence[float]:
        nonlocal tail
        lagged = tail + stream.close
        tail = lagged[-reading.period :]
        return [
            (now / before - 1.0) * 100.0 for now, before in zip(stream.close, lagged, strict=False)
        ]

    return read


def _highest(reading: HighestBefore) -> Reader:
    return _extreme(reading.period, lambda stream: stream.high, max)


def _lowest(reading: LowestBefore) -> Reader:
    return _extreme(reading.period, lambda stream: stream.low, min)


def _extreme(
    period: int,
    values_of: Callable[[Stream], list[float]],
    of: Callable[[Sequence[float]], float],
) -> Reader:
    """The extreme of the `period` values before each; a window is looked through again only when
    its extreme falls out of it.
    """
    tail: list[float] = []
    direction = 1 if of is max else -1

    def read(stream: Stream) -> Sequence[float]:
        nonlocal tail
        values = tail + values_of(stream)
        found: list[float] = []
        append = found.append
        first = len(tail)
        best, at = math.nan, -1
        for index in range(first, len(values)):
            begin = index - period
            if begin < 0:
                append(math.nan)
                continue
            newest = values[index - 1]
            if at < begin:
                window = values[begin:index]
                best = of(window)
                at = index - 1 - window[::-1].index(best)
            elif direction * newest >= direction * best:
                best, at = newest, index - 1
            append(best)
        tail = values[-period:]
        return found

    return read


def _wilder(period: int) -> Reader:
    close, seen, mean = math.nan, -1, 0.0

    def read(stream: Stream) -> Sequence[tuple[float, float]]:
        nonlocal close, seen, mean
        found: list[tuple[float, float]] = []
        less, before = period - 1, close
        last = mean if seen == period else math.nan
        for high, low, now in zip(stream.high, stream.low, stream.close, strict=True):
            if seen == period:
                up, down = abs(high - before), abs(low - before)
                widest = high - low
                if up > widest:
                    widest = up
                if down > widest:
                    widest = down
                mean = (mean * less + widest) / period
                found.append((last, mean))
                last = mean
            else:
                if seen >= 0:
                    mean += max(high - low, abs(high - before), abs(low - before))
                seen += 1
                if seen == period:
                    mean /= period
                at = mean if seen == period else math.nan
                found.append((last, at))
                last = at
            before = now
        close = before
        return found

    return read


def _true_range(reading: TrueRange) -> Reader:
    which = 0 if reading.before else 1

    def read(stream: Stream) -> Sequence[float]:
        return [pair[which] for pair in stream.ranges(reading.period)]

    return read


def _band_side(reading: BandSide) -> Reader:
    numerator, denominator = reading.width.as_integer_ratio()
    outer, inner = denominator * denominator, numerator * numerator

    def read(stream: Stream) -> Sequence[int]:
        pairs = zip(stream.offsets(reading.period), stream.spreads(reading.period), strict=True)
        return [
            (1 if offset > 0 else -1) if outer * offset * offset > inner * spread else 0
            for offset, spread in pairs
        ]

    return read


def _mean_side(reading: MeanSide) -> Reader:
    return lambda stream: [
        (offset > 0) - (offset < 0) for offset in stream.offsets(reading.period)
    ]


def _deviation(reading: Deviation) -> Reader:
    scale = reading.period * TICKS_PER_DOLLAR

    def read(stream: Stream) -> Sequence[float]:
        spreads = stream.spreads(reading.period)
        return _AtIndex(len(spreads), lambda index: math.sqrt(spreads[index]) / scale)

    return read


def _score(reading: Score) -> Reader:
    def read(stream: Stream) -> Sequence[float]:
        offsets, spreads = stream.offsets(reading.period), stream.spreads(reading.period)

        def value(index: int) -> float:
            spread = spreads[index]
            return offsets[index] / math.sqrt(spread) if spread else 0.0

        return _AtIndex(len(spreads), value)

    return read


def _ending(reading: Ending) -> Reader:
    most = reading.minutes * MINUTE_MS

    def read(stream: Stream) -> Sequence[bool]:
        if not most:
            return [False] * len(stream.starts)
        close = stream.session_close
        return [close(start) - start - MINUTE_MS <= most for start in stream.starts]

    return read


_READERS: dict[type, Callable[[Any], Reader]] = {
    Price: lambda reading: lambda stream: getattr(stream, reading.name),  # type: ignore[no-any-return]  # lists by name
    Ending: _ending,
    Sum: lambda reading: lambda stream: stream.sums(reading.period),
    Change: _change,
    HighestBefore: _highest,
    LowestBefore: _lowest,
    TrueRange: _true_range,
    BandSide: _band_side,
    MeanSide: _mean_side,
    Deviation: _deviation,
    Score: _score,
}
