"""Publishes business events to the EventBridge bus: the cold path."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.adapters.wire import codec
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import BusinessEvent, Message

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_BATCH = 10  # EventBridge: entries in one call
SOURCE = "quantterminal"


class EventBridgeBus:
    """Implements `ports.bus.EventBus`; the detail is the message in its wire form."""

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, messages: Sequence[Message]) -> None:
        for first in range(0, len(messages), _BATCH):
            self._publish_batch(messages[first : first + _BATCH])

    def _publish_batch(self, batch: Sequence[Message]) -> None:
        try:
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus_name,
                        "Source": SOURCE,
                        "DetailType": _detail_type(each),
                        "Detail": codec.encode(each),
                        "Time": each.occurred_at,
                    }
                    for each in batch
                ]
            )
        except (BotoCoreError, ClientError) as problem:
            raise RetryableError(f"The event bus did not accept: {problem}") from problem
        if answer.get("FailedEntryCount", 0):
            raise RetryableError(f"The event bus refused {answer['FailedEntryCount']} events")


def _detail_type(message: Message) -> str:
    payload = message.payload
    return payload.name if isinstance(payload, BusinessEvent) else type(payload).__name__
