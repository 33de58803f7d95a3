"""Rolling deviation and Bollinger bands, from integer sums.

With n prices x in ticks, S their sum and Q the sum of their squares, n * Q - S * S is the variance
times n squared: an integer, exact, and without the cancellation that ruins the same formula in
floats. The division and the root come last.
"""

import math
from collections import deque

from quantterminal.domain.errors import InvalidValueError
from quantzoo.indicators.base import TICKS_PER_DOLLAR, Indicator, to_ticks


class RollingStd(Indicator):
    """Population standard deviation (divisor n) of the last `period` prices, in dollars."""

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._window: deque[int] = deque(maxlen=period)
        self._sum = 0
        self._squares = 0

    @property
    def value(self) -> float | None:
        return self.deviation

    @property
    def deviation(self) -> float | None:
        if len(self._window) < self.period:
            return None
        return math.sqrt(self._spread()) / (self.period * TICKS_PER_DOLLAR)

    def update(self, price: float) -> float | None:
        ticks = to_ticks(price)
        if len(self._window) == self.period:
            self._sum -= self._window[0]
            self._squares -= self._window[0] ** 2
        self._window.append(ticks)
        self._sum += ticks
        self._squares += ticks**2
        return self.value

    def _spread(self) -> int:
        return self.period * self._squares - self._sum**2


class Bollinger(RollingStd):
    """Bands of `width` deviations around the mean of the last `period` prices.

    `value` is the last price's distance from the mean in deviations, 0.0 when all prices are
    equal; `middle`, `upper` and `lower` are dollars. Decide with `band_side` and `mean_side`,
    which compare integers: a rounded band may lie on the wrong side of a price that touches it.
    """

    def __init__(self, period: int, *, width: float) -> None:
        super().__init__(period)
        if not (math.isfinite(width) and width > 0):
            raise InvalidValueError(f"Bollinger: expected a width above 0, was {width!r}")
        self.width = width

    @property
    def value(self) -> float | None:
        if len(self._window) < self.period:
            return None
        spread = self._spread()
        return self._offset() / math.sqrt(spread) if spread else 0.0

    @property
    def middle(self) -> float | None:
        if len(self._window) < self.period:
            return None
        return self._sum / (self.period * TICKS_PER_DOLLAR)

    @property
    def upper(self) -> float | None:
        return self._band(self.width)

    @property
    def lower(self) -> float | None:
        return self._band(-self.width)

    def band_side(self) -> int:
        """1 with the last price above the upper band, -1 below the lower one, else 0."""
        if len(self._window) < self.period:
            return 0
        numerator, denominator = self.width.as_integer_ratio()
        offset = self._offset()
        outside = (denominator * offset) ** 2 > numerator**2 * self._spread()
        return _sign(offset) if outside else 0

    def mean_side(self) -> int:
        """1 with the last price above the mean, -1 below, 0 on it or until warm."""
        return _sign(self._offset()) if len(self._window) == self.period else 0

    def _offset(self) -> int:
        return self.period * self._window[-1] - self._sum

    def _band(self, widths: float) -> float | None:
        middle, deviation = self.middle, self.deviation
        if middle is None or deviation is None:
            return None
        return middle + widths * deviation


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
