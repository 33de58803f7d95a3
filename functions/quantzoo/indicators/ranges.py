"""Wilder's average true range."""

from quantzoo.indicators.base import Indicator, finite


class Atr(Indicator):
    """Wilder's mean of the true range, in dollars; warm after `period` + 1 bars.

    The first bar has no previous close and therefore no true range; the first value is the plain
    mean of the next `period` ranges.
    """

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._ranges = 0
        self._close: float | None = None
        self._mean = 0.0

    @property
    def value(self) -> float | None:
        return self._mean if self._ranges == self.period else None

    def update(self, high: float, low: float, close: float) -> float | None:
        previous, self._close = self._close, finite(close)
        finite(high - low)
        if previous is not None:
            self._add(max(high - low, abs(high - previous), abs(low - previous)))
        return self.value

    def _add(self, true_range: float) -> None:
        if self._ranges == self.period:
            self._mean = (self._mean * (self.period - 1) + true_range) / self.period
            return
        self._mean += true_range
        self._ranges += 1
        if self._ranges == self.period:
            self._mean /= self.period
