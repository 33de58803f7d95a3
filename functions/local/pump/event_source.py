"""What Lambda's event source mapping does for one queue: receive a batch, call the function, delete
what succeeded. Failures are left to the visibility time-out, which a handler may have shortened.

The events are byte for byte what Lambda makes of SQS messages and of EventBridge events.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.pump.in_flight import InFlight

_log = logging.getLogger(__name__)

Invoke = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Handled:
    """How many messages one poll took, and how many of them stay on the queue."""

    messages: int = 0
    failures: int = 0

    def __add__(self, other: "Handled") -> "Handled":
        return Handled(self.messages + other.messages, self.failures + other.failures)


class QueueAddress:
    """One queue as the pump sees it: receive, delete, depth."""

    def __init__(self, sqs: Any, url: str, *, region: str) -> None:
        self.region = region
        self._sqs = sqs
        self._url = url
        self._arn = ""

    @property
    def arn(self) -> str:
        if not self._arn:
            self._arn = self._attributes("QueueArn")["QueueArn"]
        return self._arn

    def receive(self, *, most: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def delete(self, messages: Sequence[dict[str, Any]]) -> None:
        if not messages:
            return
        entries = [
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
            for index, message in enumerate(messages)
        ]
        answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        for refused in answer.get("Failed", []):
            _log.warning("message was not deleted and will come again: %s", refused)

    def release(self, messages: Sequence[dict[str, Any]]) -> None:
        """Make received messages visible again, in their order."""
        for message in messages:
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    def send_copies(self, messages: Sequence[dict[str, Any]]) -> None:
        """Send received messages of a FIFO queue once more, as new messages of their groups."""
        for message in messages:
            attributes = message["Attributes"]
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=message["Body"],
                MessageGroupId=attributes["MessageGroupId"],
                MessageDeduplicationId=f"copy-{message['MessageId']}",
            )

    def depth(self) -> int:
        """Messages on the queue, those in flight included."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(value) for value in self._attributes(*names).values())

    def _attributes(self, *names: str) -> dict[str, str]:
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=list(names))
        return dict(answer["Attributes"])


class QueueSource:
    """A FIFO queue and its consumer, with partial batch responses."""

    def __init__(
        self, name: str, *, queue: QueueAddress, batch_size: int, invoke: Invoke, kept: InFlight
    ) -> None:
        self.name = name
        self._queue = queue
        self._batch_size = batch_size
        self._invoke = invoke
        self._kept = kept

    def poll(self) -> Handled:
        """Receive and handle at most one batch; does not wait for a first message."""
        messages = self._queue.receive(most=self._batch_size)
        if not messages:
            return Handled()
        with self._kept.holding(self.name, [each["ReceiptHandle"] for each in messages]):
            failed = self._failed(messages)
            self._queue.delete([each for each in messages if each["MessageId"] not in failed])
        return Handled(len(messages), len(failed))

    def depth(self) -> int:
        return self._queue.depth()

    def _failed(self, messages: Sequence[dict[str, Any]]) -> set[str]:
        everything = {message["MessageId"] for message in messages}
        event = sqs_event(messages, arn=self._queue.arn, region=self._queue.region)
        try:
            answer = self._invoke(event)
        except Exception:  # noqa: BLE001 - process edge: as in Lambda, the whole batch fails
            _log.exception("handler failed, the batch of %s comes again", self.name)
            return everything
        return failed_identifiers(answer, everything)


class RuleSource:
    """An EventBridge rule's local queue: each body is one event for the function."""

    def __init__(self, name: str, *, queue: QueueAddress, invoke: Invoke, kept: InFlight) -> None:
        self.name = name
        self._queue = queue
        self._invoke = invoke
        self._kept = kept

    def poll(self) -> Handled:
        """Receive and handle at most ten events, each on its own as Lambda does."""
        messages = self._queue.receive(most=10)
        if not messages:
            return Handled()
        with self._kept.holding(self.name, [each["ReceiptHandle"] for each in messages]):
            done = [message for message in messages if self._succeeds(message)]
            self._queue.delete(done)
        return Handled(len(messages), len(messages) - len(done))

    def depth(self) -> int:
        return self._queue.depth()

    def _succeeds(self, message: dict[str, Any]) -> bool:
        try:
            self._invoke(json.loads(message["Body"]))
        except Exception:  # noqa: BLE001 - process edge: as in Lambda, the event is tried again
            _log.exception("handler failed, the event of %s comes again", self.name)
            return False
        return True


def sqs_event(messages: Sequence[dict[str, Any]], *, arn: str, region: str) -> dict[str, Any]:
    """The event that Lambda makes of received messages (Lambda Developer Guide, "SQS")."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": dict(message.get("Attributes", {})),
                "messageAttributes": _attributes(message.get("MessageAttributes", {})),
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": region,
            }
            for message in messages
        ]
    }


def failed_identifiers(answer: Any, everything: set[str]) -> set[str]:
    """The message ids that a partial batch response names.

    As in Lambda an empty answer is a success, and an answer that names an unknown message or does
    not have the agreed shape fails the whole batch.
    """
    if not answer:
        return set()
    if not isinstance(answer, dict):
        return everything
    items = answer.get("batchItemFailures") or []
    try:
        failed = {item["itemIdentifier"] for item in items}
    except (TypeError, KeyError):
        return everything
    unknown = failed - everything
    return everything if unknown else failed


def _attributes(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "stringValue": value.get("StringValue"),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        }
        for name, value in found.items()
    }
