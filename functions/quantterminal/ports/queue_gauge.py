"""How much waits in the queues of the hot path; for the page, never for a decision."""

from collections.abc import Mapping
from typing import Protocol


class QueueGauge(Protocol):
    def counts(self) -> Mapping[str, int]:
        """Messages by queue: those that wait, and those that are being worked on.

        Raises RetryableError when the queues cannot be asked now.
        """
        ...
