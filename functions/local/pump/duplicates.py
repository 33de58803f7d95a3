"""Deliveries that come twice, as SQS allows itself: armed over the pump's control port by a test
that disturbs a run, and never by the run itself.
"""

from collections.abc import Sequence
from typing import Any

from local.market.faults import Faults
from local.pump.event_source import QueueAddress

DUPLICATE_KINDS = frozenset(
    {
        "deliver_again",  # a handled message is not deleted and comes again at once
        "send_copy",  # a handled message comes once more under another deduplication id
    }
)


class DuplicatingQueue(QueueAddress):
    """A FIFO queue that may lose a delete or get a message a second time."""

    def __init__(self, sqs: Any, url: str, *, region: str, faults: Faults) -> None:
        super().__init__(sqs, url, region=region)
        self._faults = faults

    def delete(self, messages: Sequence[dict[str, Any]]) -> None:
        if messages and self._faults.take("deliver_again"):
            self.release(messages)
            return
        super().delete(messages)
        if messages and self._faults.take("send_copy"):
            self.send_copies(messages)
