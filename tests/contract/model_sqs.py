"""The model of the queues behind boto3's calls, so that one suite holds it and the local AWS."""

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.models.fifo import FifoQueue, Stored

_DEFAULT_VISIBILITY_S = 30.0
_NEVER = 1_000_000


class _Exceptions:
    ClientError = ClientError


class ModelSqs:
    """In real time, because the suite waits in it."""

    exceptions = _Exceptions

    def __init__(self) -> None:
        self._queues: dict[str, FifoQueue] = {}
        self._dead_letters: dict[str, str] = {}

    def create_queue(self, *, QueueName: str, Attributes: dict[str, str]) -> dict[str, str]:
        redrive = json.loads(Attributes.get("RedrivePolicy", "{}"))
        self._queues[QueueName] = FifoQueue(
            QueueName,
            visibility_s=_DEFAULT_VISIBILITY_S,
            max_receives=int(redrive.get("maxReceiveCount", _NEVER)),
            now=time.monotonic,
        )
        if redrive:
            self._dead_letters[QueueName] = redrive["deadLetterTargetArn"]
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, *, QueueUrl: str, **_more: Any) -> dict[str, Any]:
        return {"Attributes": {"QueueArn": QueueUrl}}

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str
    ) -> dict[str, str]:
        queue = self._queues[QueueUrl]
        sent = queue.send(MessageBody, group=MessageGroupId, once=MessageDeduplicationId)
        return {"MessageId": sent}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> None:
        for entry in Entries:
            self.send_message(
                QueueUrl=QueueUrl, **{key: text for key, text in entry.items() if key != "Id"}
            )

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 10,
        VisibilityTimeout: int = 30,
        WaitTimeSeconds: int = 0,
        **_more: Any,
    ) -> dict[str, Any]:
        queue = self._queues[QueueUrl]
        queue.visibility_s = VisibilityTimeout
        back = queue.next_return()
        if WaitTimeSeconds and back is not None:
            time.sleep(max(0.0, back - time.monotonic()) + 0.001)
        taken = queue.receive(MaxNumberOfMessages)
        while queue.dead:
            buried = queue.dead.pop(0)
            self._queues[self._dead_letters[QueueUrl]].send(
                buried.body, group=buried.group, once=buried.message_id
            )
        return {"Messages": [_message(stored) for stored in taken]}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        if not self._queues[QueueUrl].delete(ReceiptHandle):
            raise ClientError(
                {"Error": {"Code": "ReceiptHandleIsInvalid", "Message": "expired"}}, "DeleteMessage"
            )

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> None:
        for entry in Entries:
            self.delete_message(QueueUrl=QueueUrl, ReceiptHandle=entry["ReceiptHandle"])

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> None:
        self._queues[QueueUrl].hide(ReceiptHandle, VisibilityTimeout)


def _message(stored: Stored) -> dict[str, Any]:
    return {
        "MessageId": stored.message_id,
        "ReceiptHandle": stored.receipt,
        "Body": stored.body,
        "Attributes": {
            "ApproximateReceiveCount": str(stored.receives),
            "MessageDeduplicationId": stored.once,
            "MessageGroupId": stored.group,
            "SequenceNumber": f"{stored.sequence:020d}",
        },
    }
