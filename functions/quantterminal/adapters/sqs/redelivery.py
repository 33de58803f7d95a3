"""Shortens the visibility time-out of a message that could not be handled yet."""

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsRedelivery:
    """Implements `ports.redelivery.Redelivery`."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = {url.rsplit("/", 1)[-1]: url for url in urls.values()}

    def defer(self, queue_arn: str, receipt: str, *, seconds: float) -> None:
        url = self._urls[queue_arn.rsplit(":", 1)[-1]]
        with suppress(BotoCoreError, ClientError):  # it comes back anyway, only later
            self._client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=math.ceil(seconds)
            )
