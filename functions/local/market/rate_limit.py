"""Alpaca's request limit: so many a minute and account, told on every answer."""

import time
from collections.abc import Callable

_WINDOW_S = 60


class RateLimit:
    """Counts requests in fixed minutes of real time."""

    def __init__(self, limit: int, *, wall_clock: Callable[[], float] = time.time) -> None:
        self._limit = limit
        self._wall_clock = wall_clock
        self._window = -1
        self._used = 0

    def take(self) -> bool:
        """Uses one request up; False when the minute has none left."""
        window = int(self._wall_clock()) // _WINDOW_S
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        return self._used <= self._limit

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(0, self._limit - self._used)),
            "X-RateLimit-Reset": str((int(self._wall_clock()) // _WINDOW_S + 1) * _WINDOW_S),
        }
