"""Recorded minutes as the engine takes them: columns a symbol, in order, without holes.

What a live pipeline would quarantine is refused here with its place, because a backtest over
broken data is worse than none.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from struct import pack
from sys import byteorder
from typing import Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.sessions import next_session, session_at

MINUTE_MS = 60_000
DAY_MS = 86_400_000
"""Of the days of UTC: no session crosses midnight there."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Series:
    """One symbol's bars as columns of equal length; `starts` are ms since 1970, ascending."""

    symbol: str
    starts: Sequence[int]
    open: Sequence[float]
    high: Sequence[float]
    low: Sequence[float]
    close: Sequence[float]
    volume: Sequence[float]

    def __len__(self) -> int:
        return len(self.starts)

    def bar(self, index: int) -> Bar:
        """The bar at `index`, not checked again: whoever made the columns has done that."""
        bar = Bar.__new__(Bar)
        put = object.__setattr__
        put(bar, "symbol", self.symbol)
        put(bar, "start", instant(self.starts[index]))
        put(bar, "open", self.open[index])
        put(bar, "high", self.high[index])
        put(bar, "low", self.low[index])
        put(bar, "close", self.close[index])
        put(bar, "volume", self.volume[index])
        put(bar, "vwap", None)
        put(bar, "trades", None)
        put(bar, "revision", 0)
        return bar

    def upto(self, index: int) -> "Series":
        """The first `index` bars."""
        return self.part(0, index)

    def since(self, index: int) -> "Series":
        """All bars from `index` on."""
        return self.part(index, None)

    def part(self, begin: int, end: int | None) -> "Series":
        """The bars from `begin` up to `end`, that one not included."""
        columns = [getattr(self, name)[begin:end] for name in COLUMNS]
        return Series(self.symbol, self.starts[begin:end], *columns)


@dataclass(frozen=True, slots=True)
class History:
    """Series by symbol. Iterating gives each minute's bars, symbols in alphabetical order."""

    series: Mapping[str, Series]
    _hash: list[str] = field(default_factory=list, compare=False, repr=False)

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted(self.series))

    @property
    def bar_count(self) -> int:
        return sum(len(each) for each in self.series.values())

    @property
    def first(self) -> datetime:
        return instant(min(each.starts[0] for each in self.series.values()))

    @property
    def last(self) -> datetime:
        return instant(max(each.starts[-1] for each in self.series.values()))

    @property
    def data_hash(self) -> str:
        """SHA-256 of everything in it, the same wherever and from whatever file it was read."""
        if not self._hash:
            digest = hashlib.sha256()
            for symbol in self.symbols:
                series = self.series[symbol]
                digest.update(f"{symbol}:{len(series)};".encode())
                digest.update(_packed("q", series.starts))
                for name in COLUMNS:
                    digest.update(_packed("d", getattr(series, name)))
            self._hash.append(digest.hexdigest())
        return self._hash[0]

    def minutes(self) -> Iterator[tuple[int, list[Bar]]]:
        """(start in ms since 1970, the bars of that minute), oldest first."""
        every = [self.series[symbol] for symbol in self.symbols]
        if len(every) == 1:
            series = every[0]
            for index, start in enumerate(series.starts):
                yield start, [series.bar(index)]
            return
        at = [0] * len(every)
        ends = [len(each) for each in every]
        for start in sorted(set().union(*(each.starts for each in every))):
            bars = []
            for number, series in enumerate(every):
                index = at[number]
                if index < ends[number] and series.starts[index] == start:
                    bars.append(series.bar(index))
                    at[number] = index + 1
            yield start, bars

    def between(self, first: datetime, last: datetime) -> "History":
        """The bars that start at `first` or later and before `last`."""
        low, high = epoch_ms(first), epoch_ms(last)
        cut: dict[str, Series] = {}
        for symbol, series in self.series.items():
            begin = bisect_left(series.starts, low)
            end = bisect_left(series.starts, high)
            if end > begin:
                cut[symbol] = series.part(begin, end)
        return History(cut)


def history_of(bars: Iterable[Bar], *, longest_gap: int = 0) -> History:
    """Bars of any mix of symbols as a history; each symbol's in order of time.

    Bars outside the regular sessions are left out, as the live door does. Raises
    InvalidValueError with the place for a minute that comes twice or too early, for more than
    `longest_gap` minutes missing within a session, and for a session that is missing.
    """
    columns: dict[str, tuple[array[Any], ...]] = {}
    last: dict[str, Bar] = {}
    for bar in bars:
        if session_at(bar.start) is None:
            continue
        if bar.symbol in last:
            _check_order(last[bar.symbol], bar, longest_gap)
        elif longest_gap == 0:
            _check_first(bar)
        last[bar.symbol] = bar
        found = columns.setdefault(bar.symbol, (array("q"), *(array("d") for _ in COLUMNS)))
        values = (epoch_ms(bar.start), *(getattr(bar, name) for name in COLUMNS))
        for column, value in zip(found, values, strict=True):
            column.append(value)
    if not columns:
        raise InvalidValueError("Expected bars of a regular session, found none")
    return History({symbol: Series(symbol, *found) for symbol, found in columns.items()})


def instant(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def epoch_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _packed(kind: str, values: Sequence[float]) -> bytes:
    if isinstance(values, array) and values.typecode == kind and byteorder == "little":
        return values.tobytes()
    return pack(f"<{len(values)}{kind}", *values)


def _check_first(bar: Bar) -> None:
    session = session_at(bar.start)
    if session is not None and bar.start != session.open:
        raise InvalidValueError(
            f"{bar.symbol}: expected to begin at the open {session.open.isoformat()},"
            f" was {bar.start.isoformat()}"
        )


def _check_order(last: Bar, bar: Bar, longest_gap: int) -> None:
    where = f"{bar.symbol} at {bar.start.isoformat()}"
    if bar.start <= last.start:
        kind = "a minute once" if bar.start == last.start else "bars in order of time"
        raise InvalidValueError(f"{where}: expected {kind}, was after {last.start.isoformat()}")
    before, now = session_at(last.start), session_at(bar.start)
    if before is None or now is None:
        return
    if before.day == now.day:
        missing = (bar.start - last.start) // timedelta(minutes=1) - 1
    else:
        following = next_session(before.day)
        if following.day != now.day:
            raise InvalidValueError(f"{where}: expected the session of {following.day} before it")
        tail = (before.close - last.start) // timedelta(minutes=1) - 1
        missing = max(tail, (bar.start - now.open) // timedelta(minutes=1))
    if missing > longest_gap:
        raise InvalidValueError(
            f"{where}: expected at most {longest_gap} missing minutes,"
            f" was {missing} after {last.start.isoformat()}"
        )
