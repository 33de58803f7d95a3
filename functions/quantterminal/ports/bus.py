"""How a step hands its output on: queues on the hot path, the event bus on the cold one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quantterminal.domain.events import Message


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one queue (a name of `topology`), in order within its `group`."""

    queue: str
    group: str
    message: Message


class Bus(Protocol):
    def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Send all, in order within each group; safe to repeat, because ids deduplicate.

        Raises RetryableError when any was not accepted.
        """
        ...


class EventBus(Protocol):
    def publish(self, messages: Sequence[Message]) -> None:
        """Publish business events. Raises RetryableError when any was not accepted."""
        ...
