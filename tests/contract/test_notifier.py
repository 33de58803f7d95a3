"""One suite for every notifier: the one in memory and SNS (moto, in process)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from quantterminal.adapters.memory.notifier import MemoryNotifier
from quantterminal.adapters.sns.notifier import SnsNotifier
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.ports.notifier import Notice, Notifier, Severity

NOTICE = Notice("[PAPER] CRITICAL HaltRaised: drawdown", "all\nof it", Severity.CRITICAL, "PAPER")
UNNAMED_TROUBLE: Any = {
    "Error": {"Code": "Strange"},
    "ResponseMetadata": {"HTTPStatusCode": 500},
}
Delivered = Callable[[], list[tuple[str, str, str, str]]]


@pytest.fixture
def aws() -> Iterator[Callable[[str], Any]]:
    connect: Any = boto3.client  # typed by a name for each service, which is a parameter here
    with mock_aws():
        yield lambda service: connect(
            service,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.fixture(params=["memory", "sns"])
def channel(
    request: pytest.FixtureRequest, aws: Callable[[str], Any]
) -> tuple[Notifier, Delivered]:
    if request.param == "memory":
        notifier = MemoryNotifier()
        return notifier, lambda: [
            (each.subject, each.body, each.severity, each.mode) for each in notifier.notices
        ]
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:inbox"
    )
    return SnsNotifier(sns, topic), lambda: _received(sqs, url)


def _received(sqs: Any, url: str) -> list[tuple[str, str, str, str]]:
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    bodies = [json.loads(each["Body"]) for each in messages]
    return [
        (
            body["Subject"],
            body["Message"],
            body["MessageAttributes"]["severity"]["Value"],
            body["MessageAttributes"]["mode"]["Value"],
        )
        for body in bodies
    ]


def test_a_notice_arrives_whole(channel: tuple[Notifier, Delivered]) -> None:
    notifier, delivered = channel

    notifier.publish(NOTICE)

    assert delivered() == [(NOTICE.subject, NOTICE.body, "CRITICAL", "PAPER")]


def test_the_longest_notice_is_taken(channel: tuple[Notifier, Delivered]) -> None:
    notifier, delivered = channel

    notifier.publish(Notice("s" * 100, "\N{EURO SIGN}" * 60_000, Severity.INFO, "LIVE"))

    assert len(delivered()) == 1


class _FailingClient:
    """Raises one error from every call, as a client does whose service is in trouble."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    def publish(self, **_: object) -> None:
        raise self._problem


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), RetryableError),
        (ClientError({"Error": {"Code": "Throttled"}}, "Publish"), RetryableError),
        (
            ClientError(UNNAMED_TROUBLE, "Publish"),
            RetryableError,
        ),
        (ClientError({"Error": {"Code": "AuthorizationError"}}, "Publish"), PermanentError),
    ],
)
def test_trouble_is_told_apart(problem: Exception, expected: type[Exception]) -> None:
    failing: Any = _FailingClient(problem)

    with pytest.raises(expected):
        SnsNotifier(failing, "arn").publish(NOTICE)


def test_a_missing_topic_is_permanent(aws: Callable[[str], Any]) -> None:
    with pytest.raises(PermanentError, match="NotFound"):
        SnsNotifier(aws("sns"), "arn:aws:sns:us-east-1:123456789012:absent").publish(NOTICE)
