"""Where time comes from, so that a replay can decide at market time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The market's time: aware, UTC. In a replay it is the replayed time."""
        ...

    def stamp_ns(self) -> int:
        """Wall-clock nanoseconds for measuring latency between processes; never decide on it."""
        ...
