"""Since when messages wait, from looking at how many there are now and then.

An age is too low by at most the time between two looks, and too high where a queue was empty in
between and nobody looked: look often while something waits.
"""

from dataclasses import dataclass
from datetime import datetime

from quantterminal.domain.errors import RetryableError
from quantterminal.ports.queue_gauge import QueueGauge


@dataclass(frozen=True, slots=True)
class Queued:
    """Messages in all queues, and since when some queue has not been seen empty; None for never."""

    messages: int
    since: datetime | None


class QueueWatch:
    """Remembers from look to look which queues were not empty."""

    def __init__(self, gauge: QueueGauge) -> None:
        self._gauge = gauge
        self._since: dict[str, datetime] = {}

    def look(self, now: datetime) -> Queued | None:
        """None when the queues cannot be asked now; what is remembered stays."""
        try:
            counts = self._gauge.counts()
        except RetryableError:
            return None
        held = [queue for queue, count in counts.items() if count]
        self._since = {queue: self._since.get(queue, now) for queue in held}
        return Queued(sum(counts.values()), min(self._since.values(), default=None))
