"""One symbol's bars a block at a time: no look at a later one.

Each block is read together with the bars before it that its readings remember, by the very columns
of a whole history; only Wilder's mean, which remembers everything, comes from the block before.
"""

import math
from collections.abc import Iterable
from typing import Any

from quantzoo.backtest.columns import Columns, Recursion, wilder
from quantzoo.backtest.history import Series
from quantzoo.readings import Reading, TrueRange


class Stream:
    """`load` goes on to the next block; the `readings` may be read of each."""

    def __init__(
        self, series: Series, readings: Iterable[Reading], recursion: Recursion = wilder
    ) -> None:
        wanted = tuple(readings)
        self._series = series
        self._recursion = recursion
        self._memory = max((each.warm for each in wanted), default=0)
        self._periods = {each.period for each in wanted if isinstance(each, TrueRange)}
        self._low = 0
        self._columns: Columns | None = None
        self._plain: dict[Reading, list[Any]] = {}

    def load(self, begin: int, end: int) -> None:
        """Blocks follow each other without gaps."""
        low = begin - self._memory if begin >= 2 * self._memory else 0
        means = self._means_at(low)
        self._columns = Columns(self._series.part(low, end), means=means, recursion=self._recursion)
        self._low, self._skipped = low, begin - low
        self._plain = {}

    def read(self, reading: Reading) -> Any:
        """At the bars of the block, as an array."""
        assert self._columns is not None  # noqa: S101  a block is loaded before it is read
        return self._columns.read(reading)[self._skipped :]

    def numbers(self, reading: Reading) -> list[Any]:
        """As plain numbers."""
        if reading not in self._plain:
            self._plain[reading] = self.read(reading).tolist()
        return self._plain[reading]

    def _means_at(self, low: int) -> dict[int, float]:
        """The mean true ranges at the bar `low`, which the block before this one has seen."""
        if self._columns is None or not low:
            return {}
        found = {
            period: float(self._columns.read(TrueRange(period))[low - self._low])
            for period in self._periods
        }
        return {period: mean for period, mean in found.items() if not math.isnan(mean)}
