"""Bars in a dictionary, for tests."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import RetryableError
from quantterminal.ports.bar_store import Quarantined


class MemoryBarStore:
    """Satisfies `ports.bar_store.BarStore`, `LastCloses` and `StoredBars`.

    While `is_down`, nothing can be written or read.
    `newest` holds the last bar of each symbol as it was first seen.
    """

    def __init__(self) -> None:
        self.is_down = False
        self.bars: dict[tuple[str, datetime, int], tuple[Bar, str]] = {}
        self.refused: dict[str, Quarantined] = {}
        self.newest: dict[str, Bar] = {}

    def store(self, bars: Sequence[Bar], *, source: str) -> None:
        self._need_to_be_up()
        for bar in bars:
            self.bars.setdefault((bar.symbol, bar.start, bar.revision), (bar, source))
            known = self.newest.get(bar.symbol)
            if known is None or (bar.start, -bar.revision) > (known.start, -known.revision):
                self.newest[bar.symbol] = bar

    def quarantine(self, refused: Sequence[Quarantined]) -> None:
        self._need_to_be_up()
        for each in refused:
            self.refused.setdefault(each.key, each)

    def last_minute(self) -> datetime | None:
        self._need_to_be_up()
        return max((bar.start for bar in self.newest.values()), default=None)

    def minutes(self, symbol: str, *, start: datetime, end: datetime) -> frozenset[datetime]:
        self._need_to_be_up()
        stored = (at for name, at, _ in self.bars if name == symbol)
        return frozenset(at for at in stored if start <= at < end)

    def last_closes(self, symbols: Sequence[str], *, since: datetime) -> Mapping[str, float]:
        self._need_to_be_up()
        newest = sorted(each for each in self.bars if each[0] in symbols and each[1] >= since)
        return {each[0]: self.bars[each][0].close for each in newest}

    def symbols(self, *, start: datetime, end: datetime) -> Sequence[str]:
        self._need_to_be_up()
        return sorted({symbol for symbol, at, _ in self.bars if start <= at < end})

    def first_bars(self, symbol: str, *, start: datetime, end: datetime) -> Iterator[Bar]:
        for at in sorted(self.minutes(symbol, start=start, end=end)):
            yield self.bars[min(key for key in self.bars if key[:2] == (symbol, at))][0]

    def _need_to_be_up(self) -> None:
        if self.is_down:
            raise RetryableError("The bar store is down")
