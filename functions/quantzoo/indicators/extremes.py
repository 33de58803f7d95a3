"""Rolling maximum and minimum in amortised O(1): a queue of the candidates only."""

from collections import deque

from quantzoo.indicators.base import Indicator, finite


class RollingMax(Indicator):
    """Greatest of the last `period` values."""

    _direction = 1

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._count = 0
        self._indexes: deque[int] = deque()
        self._values: deque[float] = deque()

    @property
    def value(self) -> float | None:
        return self._values[0] if self._count >= self.period else None

    def update(self, value: float) -> float | None:
        rank = self._direction * finite(value)
        while self._values and self._direction * self._values[-1] <= rank:
            self._values.pop()
            self._indexes.pop()
        self._values.append(value)
        self._indexes.append(self._count)
        self._count += 1
        if self._indexes[0] < self._count - self.period:
            self._values.popleft()
            self._indexes.popleft()
        return self.value


class RollingMin(RollingMax):
    """Least of the last `period` values."""

    _direction = -1
