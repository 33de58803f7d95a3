"""What the container leaves in the working state for the others. All of it is disposable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class StreamState(StrEnum):
    """Whether the broker's order stream can be relied on; orders leave only while LIVE."""

    LIVE = "LIVE"
    RECONCILING = "RECONCILING"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Quote:
    """The last two-sided price seen, dollars, and when."""

    bid: Decimal
    ask: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


class Watermarks(Protocol):
    def published_minute(self) -> datetime | None:
        """Start of the last minute handed to the bars queue, None when unknown."""
        ...

    def set_published_minute(self, minute: datetime) -> None:
        """Remember it; an earlier minute than the one known changes nothing."""
        ...


class StreamGate(Protocol):
    """A lease: the state holds only while the container keeps saying so."""

    def keep(self, state: StreamState) -> None:
        """Set the state for the next few seconds of real time; call it about once a second."""
        ...

    def state(self) -> StreamState:
        """DOWN when nobody has kept it up, or when it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How the feed does, over the last seconds before `at` (market time).

    Lags are milliseconds from the tape's time to when an event was looked at (`lag`) and to when it
    was stored (`stored`), the middle one and the 99th of 100; None when nothing came. Counts are
    since the container started. `last_seen` is the newest news of each symbol.
    """

    at: datetime
    state: str
    events_per_s: float
    lag_p50_ms: float | None
    lag_p99_ms: float | None
    stored_p50_ms: float | None
    stored_p99_ms: float | None
    waiting: int
    thinned: int
    refused: int
    unreadable: int
    spooled_bytes: int
    reconnects: int
    gaps: int
    last_seen: Mapping[str, datetime]


class FeedBoard(Protocol):
    def put(self, health: FeedHealth) -> None:
        """Show it for some seconds of real time. Raises RetryableError."""
        ...

    def health(self) -> FeedHealth | None:
        """None when the container has said nothing lately. Raises RetryableError."""
        ...


class QuoteBoard(Protocol):
    def put(self, quotes: Mapping[str, Quote]) -> None: ...

    def quotes(self) -> dict[str, Quote]: ...
