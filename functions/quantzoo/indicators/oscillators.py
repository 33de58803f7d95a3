"""Rate of change, and Wilder's relative strength."""

from collections import deque

from quantzoo.indicators.base import Indicator, finite

_NEUTRAL = 50.0


class Roc(Indicator):
    """Change from the price `period` bars ago to the last one, in percent. Prices are above 0."""

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._window: deque[float] = deque(maxlen=period + 1)

    @property
    def value(self) -> float | None:
        if len(self._window) <= self.period:
            return None
        return (self._window[-1] / self._window[0] - 1.0) * 100.0

    def update(self, price: float) -> float | None:
        self._window.append(finite(price))
        return self.value


class Rsi(Indicator):
    """Wilder's relative strength index, 0 to 100; 50 while the price has not moved at all."""

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._changes = 0
        self._last: float | None = None
        self._gain = 0.0
        self._loss = 0.0

    @property
    def value(self) -> float | None:
        if self._changes < self.period:
            return None
        total = self._gain + self._loss
        return 100.0 * (self._gain / total) if total else _NEUTRAL

    def update(self, price: float) -> float | None:
        last, self._last = self._last, finite(price)
        if last is not None:
            self._add(price - last)
        return self.value

    def _add(self, change: float) -> None:
        gain, loss = max(change, 0.0), max(-change, 0.0)
        if self._changes < self.period:
            self._gain += gain
            self._loss += loss
            self._changes += 1
            if self._changes == self.period:
                self._gain /= self.period
                self._loss /= self.period
            return
        self._gain = (self._gain * (self.period - 1) + gain) / self.period
        self._loss = (self._loss * (self.period - 1) + loss) / self.period
