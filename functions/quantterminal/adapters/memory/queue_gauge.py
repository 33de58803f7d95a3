"""Queues whose messages are counted by hand, for tests."""

from collections.abc import Mapping

from quantterminal.domain.errors import RetryableError


class MemoryQueueGauge:
    """Implements `ports.queue_gauge.QueueGauge`."""

    def __init__(self, **held: int) -> None:
        self.held = dict(held)
        self.is_down = False
        self.asked = 0

    def counts(self) -> Mapping[str, int]:
        self.asked += 1
        if self.is_down:
            raise RetryableError("The queues do not answer")
        return dict(self.held)
