"""Sends messages to the FIFO queues of the hot path."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.adapters.wire import codec
from quantterminal.domain.errors import RetryableError
from quantterminal.ports.bus import Outgoing

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10  # SQS: entries in one call
_ID_LENGTH = 128  # SQS: deduplication and group ids


class SqsBus:
    """Implements `ports.bus.Bus`. `urls` maps queue names of the topology to SQS URLs."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        for queue in dict.fromkeys(each.queue for each in outgoing):
            entries = [each for each in outgoing if each.queue == queue]
            for first in range(0, len(entries), _BATCH):
                self._send_batch(queue, entries[first : first + _BATCH])

    def _send_batch(self, queue: str, batch: Sequence[Outgoing]) -> None:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(number),
                "MessageBody": codec.encode(each.message),
                "MessageGroupId": _fitting(each.group),
                "MessageDeduplicationId": _fitting(each.message.id),
            }
            for number, each in enumerate(batch)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._urls[queue], Entries=entries)
        except (BotoCoreError, ClientError) as problem:
            raise RetryableError(f"Queue {queue} did not accept: {problem}") from problem
        failed = answer.get("Failed", [])
        if failed:
            raise RetryableError(
                f"Queue {queue} refused {len(failed)} of {len(batch)}: {failed[0].get('Message')}"
            )


def _fitting(text: str) -> str:
    """The text itself where SQS takes it, else a hash: same text, same id."""
    if len(text) <= _ID_LENGTH and text.isascii() and " " not in text:
        return text
    return hashlib.sha256(text.encode()).hexdigest()
