"""A bus that keeps what was sent, for tests. Ids deduplicate for ever, as SQS does for a while."""

from collections.abc import Sequence

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import Message
from quantterminal.ports.bus import Outgoing


class MemoryBus:
    """Satisfies `ports.bus.Bus`. While `is_down`, nothing is accepted."""

    def __init__(self) -> None:
        self.is_down = False
        self.sent: list[Outgoing] = []
        self._ids: set[tuple[str, str]] = set()

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        if self.is_down:
            raise RetryableError("The bus is down")
        for each in outgoing:
            key = (each.queue, each.message.id)
            if key not in self._ids:
                self._ids.add(key)
                self.sent.append(each)

    def messages(self, queue: str) -> list[Message]:
        """What one queue has received, in order."""
        return [each.message for each in self.sent if each.queue == queue]
