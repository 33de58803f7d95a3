"""What may be forgotten: market data, never the ledger."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol


class Retention(Protocol):
    def forget(self, before: datetime) -> Mapping[str, int]:
        """Delete bars that start, and refused rows that came, before that instant, and the days of
        the tape that ended before it; how many went, by table. What a failure left is deleted by
        the next call. Raises RetryableError.
        """
        ...

    def prepare(self, first: date) -> int:
        """Make room for the tape of that UTC day and some more; how many pieces are new."""
        ...
