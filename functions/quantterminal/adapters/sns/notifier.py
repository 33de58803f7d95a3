"""Notices to an SNS topic; subscriptions can filter by the attributes `severity` and `mode`."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.ports.notifier import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_RETRYABLE = {"InternalError", "InternalErrorException", "ServiceUnavailable"}
_RETRYABLE |= {"Throttled", "ThrottledException", "Throttling", "ThrottlingException"}


class SnsNotifier:
    """Implements `ports.notifier.Notifier`; the client brings its own time-outs and retries."""

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, notice: Notice) -> None:
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=notice.subject,
                Message=notice.body,
                MessageAttributes={
                    "severity": {"DataType": "String", "StringValue": notice.severity},
                    "mode": {"DataType": "String", "StringValue": notice.mode},
                },
            )
        except BotoCoreError as problem:
            raise RetryableError(f"SNS is not reachable: {problem}") from problem
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", ""))
            status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in _RETRYABLE or status >= 500:
                raise RetryableError(f"SNS did not take the notice: {problem}") from problem
            raise PermanentError(f"SNS refused the notice: {problem}") from problem
