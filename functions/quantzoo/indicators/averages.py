"""Moving averages."""

from collections import deque

from quantzoo.indicators.base import TICKS_PER_DOLLAR, Indicator, finite, to_ticks


class Sma(Indicator):
    """Mean of the last `period` prices, in dollars.

    `sum` is their sum in ticks. Two averages are compared exactly, without a division, by
    `slow.period * fast.sum > fast.period * slow.sum`.
    """

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.sum = 0
        self._window: deque[int] = deque(maxlen=period)

    @property
    def value(self) -> float | None:
        if len(self._window) < self.period:
            return None
        return self.sum / (self.period * TICKS_PER_DOLLAR)

    def update(self, price: float) -> float | None:
        ticks = to_ticks(price)
        if len(self._window) == self.period:
            self.sum -= self._window[0]
        self._window.append(ticks)
        self.sum += ticks
        return self.value


class Ema(Indicator):
    """Exponential mean with k = 2 / (period + 1), begun with the mean of the first `period`.

    One step form everywhere, y + k * (x - y): another one differs in the last bit. The value
    remembers its start: about 15 periods must pass before two starts agree to the last bit.
    """

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._k = 2.0 / (period + 1)
        self._seen = 0
        self._mean = 0.0

    @property
    def value(self) -> float | None:
        return self._mean if self._seen == self.period else None

    def update(self, price: float) -> float | None:
        finite(price)
        if self._seen == self.period:
            self._mean += self._k * (price - self._mean)
            return self._mean
        self._mean += price
        self._seen += 1
        if self._seen == self.period:
            self._mean /= self.period
        return self.value
