"""What the market has shown so far: the only thing that the feed's REST may answer from.

Nothing is on the tape before it was played, so no request can look into the future.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from local.market.bars import RawBar
from local.market.price_path import PricePoint


@dataclass(frozen=True, slots=True)
class Print:
    """A price point on the tape with its place in the symbol's sequence of the day."""

    point: PricePoint
    sequence: int


class Tape:
    """Bars by symbol and start, the last broadcast winning; prints by symbol in order of time."""

    def __init__(self) -> None:
        self._bars: dict[str, dict[int, RawBar]] = defaultdict(dict)
        self._starts: dict[str, list[int]] = defaultdict(list)
        self._prints: dict[str, list[Print]] = defaultdict(list)

    def add_bars(self, bars: Iterable[RawBar]) -> None:
        for bar in bars:
            if bar.start_ms not in self._bars[bar.symbol]:
                insort(self._starts[bar.symbol], bar.start_ms)
            self._bars[bar.symbol][bar.start_ms] = bar

    def add_print(self, entry: Print) -> None:
        self._prints[entry.point.symbol].append(entry)

    def bars(self, symbol: str, first_ms: int, last_ms: int) -> list[RawBar]:
        """Bars that start within both bounds, both included, oldest first."""
        starts = self._starts.get(symbol, [])
        found = starts[bisect_left(starts, first_ms) : bisect_left(starts, last_ms + 1)]
        return [self._bars[symbol][start] for start in found]

    def prints(self, symbol: str) -> Iterator[Print]:
        """Prints of a symbol, newest first."""
        return reversed(self._prints.get(symbol, []))
