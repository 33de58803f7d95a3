"""Asking for a message sooner than its visibility time-out."""

from typing import Protocol


class Redelivery(Protocol):
    def defer(self, queue_arn: str, receipt: str, *, seconds: float) -> None:
        """Make an unacknowledged message visible again after about that long.

        Best effort: when it fails, the message comes back at its visibility time-out.
        """
        ...
