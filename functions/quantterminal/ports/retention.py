"""What may be forgotten: market data, never the ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Retention(Protocol):
    def forget(self, before: datetime) -> Mapping[str, int]:
        """Delete bars that start, and refused bars that came, before that instant; how many went,
        by table. What a failure left is deleted by the next call. Raises RetryableError.
        """
        ...
