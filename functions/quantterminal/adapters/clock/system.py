"""The real time of the machine."""

import time
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def stamp_ns(self) -> int:
        return time.time_ns()
