"""One market-data connection for one account: whoever holds the lease may have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class FeedLease(Protocol):
    def keep(self, holder: str) -> int | None:
        """Take the lease or extend it by some seconds of real time.

        The fencing token: higher with each new holder, also after the working state was emptied.
        None while somebody else holds the lease. Raises RetryableError.
        """
        ...

    def release(self, holder: str) -> None:
        """Give it back, if it is still this holder's. Raises RetryableError."""
        ...


class GapLog(Protocol):
    """What of the tape was missed, for reports; one entry a beginning."""

    def found(self, began: datetime, ended: datetime, reason: str) -> None: ...

    def filled(self, began: datetime, *, bars: int, trades: int, at: datetime | None) -> None:
        """What was given again; a second call adds to the first. `at` is when the gap was through,
        None while something of it is still to be fetched.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A time without a connection, of which something has not been fetched yet."""

    began: datetime
    ended: datetime


class OpenGaps(Protocol):
    def open_gaps(self, *, since: datetime, until: datetime) -> Sequence[OpenGap]:
        """Those that began then (since <= began < until) and are not through, oldest first.

        Raises RetryableError.
        """
        ...

    def filled(self, began: datetime, *, bars: int, trades: int, at: datetime | None) -> None:
        """As of `GapLog`."""
        ...
