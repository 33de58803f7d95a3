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


class QuoteBoard(Protocol):
    def put(self, quotes: Mapping[str, Quote]) -> None: ...

    def quotes(self) -> dict[str, Quote]: ...
