"""An event bus that keeps what was published, for tests."""

from collections.abc import Sequence

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import Message


class MemoryEventBus:
    """Satisfies `ports.bus.EventBus`. While `is_down`, nothing is accepted."""

    def __init__(self) -> None:
        self.is_down = False
        self.published: list[Message] = []

    def publish(self, messages: Sequence[Message]) -> None:
        if self.is_down:
            raise RetryableError("The event bus is down")
        self.published.extend(messages)
