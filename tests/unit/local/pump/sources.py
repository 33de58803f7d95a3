"""Queues and sources for the pump's tests."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from local.pump.event_source import Handled, QueueAddress, QueueSource
from local.pump.in_flight import InFlight

_names = count(1)


def new_queue(sqs: Any) -> str:
    url: str = sqs.create_queue(
        QueueName=f"pump-{next(_names)}.fifo",
        Attributes={"FifoQueue": "true", "VisibilityTimeout": "30"},
    )["QueueUrl"]
    return url


def send(sqs: Any, url: str, *bodies: str, group: str = "a") -> None:
    for body in bodies:
        sqs.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
        )


def source(
    sqs: Any, url: str, invoke: Callable[[dict[str, Any]], Any], folder: Path
) -> QueueSource:
    return QueueSource(
        "orders",
        queue=QueueAddress(sqs, url, region="us-east-1"),
        batch_size=10,
        invoke=invoke,
        kept=InFlight(folder),
    )


def waiting(sqs: Any, url: str) -> list[str]:
    """The bodies that can be received now; they stay on the queue."""
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", [])]


class ListSource:
    """A source that is fed by the test, and may feed others when it is polled."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.items: list[str] = []
        self.feeds: dict[str, tuple[ListSource, str]] = {}
        self._log = log

    def poll(self) -> Handled:
        if not self.items:
            return Handled()
        item = self.items.pop(0)
        self._log.append(f"{self.name}:{item}")
        if item in self.feeds:
            target, new = self.feeds[item]
            target.items.append(new)
        return Handled(1)

    def depth(self) -> int:
        return len(self.items)
