"""A clock that stands still until it is set, for tests."""

from datetime import datetime, timedelta


class MemoryClock:
    """Satisfies `ports.clock.Clock`. `stamp_ns` counts up by one a call, so that tests repeat."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._stamps = 0

    def now(self) -> datetime:
        return self._now

    def stamp_ns(self) -> int:
        self._stamps += 1
        return self._stamps

    def set(self, now: datetime) -> None:
        self._now = now

    def forward(self, by: timedelta) -> None:
        self._now += by
