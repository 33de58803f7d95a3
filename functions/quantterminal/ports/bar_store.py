"""Where accepted bars are kept, and refused ones are recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from quantterminal.domain.bars import Bar


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A bar that was refused at the door: `code` is stable, `detail` says what was found.

    `key` identifies it (a repeated delivery is recorded once), `raw` is the bar as it came.
    """

    key: str
    symbol: str
    code: str
    detail: str
    raw: str
    at: datetime


class BarStore(Protocol):
    def store(self, bars: Sequence[Bar], *, source: str) -> None:
        """Keep bars by (symbol, start, revision); one that is there already is left alone."""
        ...

    def quarantine(self, refused: Sequence[Quarantined]) -> None:
        """Record refused bars, each once."""
        ...

    def last_minute(self) -> datetime | None:
        """Start of the newest minute that is stored, None when empty."""
        ...

    def minutes(self, symbol: str, *, start: datetime, end: datetime) -> frozenset[datetime]:
        """Starts (aware, UTC) of the minutes of `symbol` that are stored, start <= minute < end."""
        ...


class LastCloses(Protocol):
    def last_closes(self, symbols: Sequence[str], *, since: datetime) -> Mapping[str, float]:
        """The close, in dollars, of the newest stored minute of each symbol that has one from
        `since` on, as it was last corrected. Raises RetryableError.
        """
        ...


class StoredBars(Protocol):
    """What research reads of the same store."""

    def symbols(self, *, start: datetime, end: datetime) -> Sequence[str]:
        """Those with bars in start <= minute < end, in alphabetical order."""
        ...

    def first_bars(self, symbol: str, *, start: datetime, end: datetime) -> Iterator[Bar]:
        """The bars of start <= minute < end as they were first seen, which is what strategies saw,
        oldest first. Raises RetryableError.
        """
        ...
