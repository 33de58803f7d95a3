"""When a minute of a universe is closed: one rule for the live barrier and for backtests.

A symbol without trades never reports, so a minute closes when all symbols have reported it or when
it has timed out. What has not come by then did not trade; what comes later is late, and is never
part of the minute any more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from quantterminal.domain.bars import MINUTE

SHARD_SIZE = 500
"""Bars of one minute in one message: 500 stay far below the queue's limit."""


@dataclass(frozen=True, slots=True)
class Universe:
    """The symbols that a minute waits for, in order, and for how long after its end."""

    symbols: tuple[str, ...]
    timeout: timedelta

    def times_out(self, minute: datetime) -> datetime:
        """The market time at which the minute that starts then is closed, whoever is missing."""
        return minute + MINUTE + self.timeout

    def is_closed(self, minute: datetime, received: Collection[str], *, now: datetime) -> bool:
        """Whether nothing more can come into the minute at market time `now`."""
        return self.is_complete(received) or self.times_out(minute) <= now

    def is_complete(self, received: Collection[str]) -> bool:
        """Whether every symbol has reported; `received` are symbols of the universe."""
        return len(received) >= len(self.symbols)

    def without_trade(self, received: Collection[str]) -> tuple[str, ...]:
        """The verdict on those that have not reported when the minute closes."""
        return tuple(symbol for symbol in self.symbols if symbol not in received)


def universe(symbols: Iterable[str], *, timeout_s: float) -> Universe:
    """`symbols` in any order."""
    return Universe(tuple(sorted(symbols)), timedelta(seconds=timeout_s))


def shards(symbols: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The universe in parts of at most SHARD_SIZE symbols, sorted: each closes its own minutes."""
    ordered = sorted(symbols)
    return tuple(
        tuple(ordered[first : first + SHARD_SIZE]) for first in range(0, len(ordered), SHARD_SIZE)
    )
