"""Readings of one symbol a block of bars at a time, in plain Python: no array library, no look at a
later block. Each reading keeps what it must remember between blocks; sums are of integer ticks and
recursions take the steps of the indicators, so that every value is theirs to the last bit.
"""

import math
from bisect import bisect_left
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


class Stream:
    """The bars of one block as lists, and the readings of them; `load` goes on to the next.

    `ticks` are the closes of the whole series in 1/10000 dollar.
    """

    def __init__(self, series: Series, ticks: "memoryview[int]") -> None:
        self._series = series
        self.all_ticks = ticks
        self._readers: dict[Any, Callable[[Stream], Sequence[Any]]] = {}
        self._cache: dict[Any, Sequence[Any]] = {}
        self._close_of: tuple[int, int] = (-1, 0)

    def load(self, begin: int, end: int) -> None:
        """Blocks follow each other; whatever was read once is to be read of each of them."""
        self._part = slice(begin, end)
        self._cache = {}

    def column(self, name: str) -> Sequence[Any]:
        """`starts`, `open`, `high`, `low` or `close` as a list."""
        return self._known(name, lambda _: lambda s: list(getattr(s._series, name)[s._part]))  # noqa: SLF001  its own

    def ticks(self) -> Sequence[int]:
        """The closes in ticks of 1/10000 dollar."""
        return self._known("ticks", lambda _: lambda s: s.all_ticks[s._part].tolist())  # noqa: SLF001  its own

    def read(self, reading: Reading) -> Sequence[Any]:
        return self._known(reading, _READERS[type(reading)])

    def sums(self, period: int) -> Sequence[int]:
        """Of the last `period` closes in ticks; of fewer at the beginning."""
        return self._known(("sums", period), lambda _: _rolling(period, lambda s: s.ticks()))

    def squares(self, period: int) -> Sequence[int]:
        return self._known(
            ("squares", period),
            lambda _: _rolling(period, lambda s: list(map(mul, s.ticks(), s.ticks()))),
        )

    def offsets(self, period: int) -> Sequence[int]:
        """N * x - S: the distance from the mean, times n."""
        return self._known(
            ("offsets", period),
            lambda _: (
                lambda s: [
                    period * x - total for x, total in zip(s.ticks(), s.sums(period), strict=True)
                ]
            ),
        )

    def spreads(self, period: int) -> Sequence[int]:
        """N * Q - S * S: the variance, times n squared."""
        return self._known(
            ("spreads", period),
            lambda _: (
                lambda s: [
                    period * squares - total * total
                    for squares, total in zip(s.squares(period), s.sums(period), strict=True)
                ]
            ),
        )

    def ranges(self, period: int) -> Sequence[float]:
        """Wilder's mean true range at the bar before the block, then at each of its bars."""
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


def _rolling(period: int, values_of: Callable[[Stream], Sequence[int]]) -> Reader:
    tail, total = [0] * period, 0

    def read(stream: Stream) -> Sequence[int]:
        nonlocal tail, total
        values = values_of(stream)
        lagged = [*tail, *values]
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
        closes = stream.column("close")
        lagged = [*tail, *closes]
        tail = lagged[-reading.period :]
        return [(now / before - 1.0) * 100.0 for now, before in zip(closes, lagged, strict=False)]

    return read


def _highest(reading: HighestBefore) -> Reader:
    of = _highest_of(reading.period)
    return lambda stream: of(stream.column("high"))


def _lowest(reading: LowestBefore) -> Reader:
    of = _highest_of(reading.period)
    return lambda stream: [-each for each in of([-each for each in stream.column("low")])]


def _highest_of(period: int) -> Callable[[Sequence[float]], list[float]]:
    """The highest of the `period` values before each; a window is looked through again only when
    its highest falls out of it.
    """
    tail: list[float] = []

    def read(block: Sequence[float]) -> list[float]:
        nonlocal tail
        values = [*tail, *block]
        first = len(tail)
        cold = min(max(period - first, 0), len(block))
        found = [math.nan] * cold
        append = found.append
        best, at = -math.inf, -1
        begin = first + cold
        for index, newest in enumerate(values[begin - 1 : -1], begin) if begin else ():
            if newest >= best and at >= 0:
                best, at = newest, index
            elif at <= index - period:
                window = values[index - period : index]
                window.reverse()
                best = max(window)
                at = index - window.index(best)
            append(best)
        tail = values[-period:]
        return found

    return read


def _wilder(period: int) -> Reader:
    close, seen, mean = math.nan, -1, 0.0

    def read(stream: Stream) -> Sequence[float]:
        nonlocal close, seen, mean
        closes = stream.column("close")
        befores = [close, *closes]
        close = befores[-1]
        found = [math.nan]  # of the bar before the block
        if seen == period:
            found[0] = mean
        append = found.append
        less = period - 1
        for high, low, before in zip(
            stream.column("high"), stream.column("low"), befores, strict=False
        ):
            widest = (max(high, before)) - (min(low, before))
            if seen == period:
                mean = (mean * less + widest) / period
                append(mean)
                continue
            if seen >= 0:
                mean += widest
            seen += 1
            if seen == period:
                mean /= period
            append(mean if seen == period else math.nan)
        return found

    return read


def _true_range(reading: TrueRange) -> Reader:
    if reading.before:
        return lambda stream: stream.ranges(reading.period)[:-1]
    return lambda stream: stream.ranges(reading.period)[1:]


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
    return lambda stream: [(offset > 0) - (offset < 0) for offset in stream.offsets(reading.period)]


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
        starts = stream.column("starts")
        found: list[bool] = []
        while len(found) < len(starts):  # a session at once
            at = len(found)
            left = stream.session_close(starts[at]) - MINUTE_MS - most
            end = bisect_left(starts, starts[at] // _DAY_MS * _DAY_MS + _DAY_MS, at)
            begins = min(max(bisect_left(starts, left, at), at), end) if most else end
            found += [False] * (begins - at) + [True] * (end - begins)
        return found

    return read


_READERS: dict[type, Callable[[Any], Reader]] = {
    Price: lambda reading: lambda stream: stream.column(reading.name),
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
