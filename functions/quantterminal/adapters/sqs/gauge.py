"""Asks the queues how many messages they hold. SQS tells no age: that is CloudWatch's, and paid."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: tuple["QueueAttributeNameType", ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)


class SqsGauge:
    """Implements `ports.queue_gauge.QueueGauge`. `urls` maps the topology's queue names to URLs."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def counts(self) -> Mapping[str, int]:
        return {queue: self._count(queue, url) for queue, url in self._urls.items()}

    def _count(self, queue: str, url: str) -> int:
        try:
            answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
        except (BotoCoreError, ClientError) as problem:
            raise RetryableError(f"Queue {queue} did not answer: {problem}") from problem
        return sum(int(answer["Attributes"][name]) for name in _COUNTS)
