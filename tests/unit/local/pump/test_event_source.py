from pathlib import Path
from typing import Any

import pytest

from local.processes.local_aws import LocalAwsAddress
from local.pump.event_source import Handled, QueueAddress, RuleSource, failed_identifiers
from local.pump.in_flight import InFlight
from tests.unit.local.pump.sources import new_queue, send, source, waiting


@pytest.fixture(scope="module")
def sqs(local_aws: LocalAwsAddress) -> Any:
    return local_aws.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return new_queue(sqs)


def test_an_event_has_the_shape_that_lambda_gives_it(sqs: Any, url: str, tmp_path: Path) -> None:
    send(sqs, url, "one", "two")
    events: list[dict[str, Any]] = []

    handled = source(sqs, url, events.append, tmp_path).poll()

    assert handled == Handled(2, 0)
    first, second = events[0]["Records"]
    assert set(first) == {
        "messageId",
        "receiptHandle",
        "body",
        "attributes",
        "messageAttributes",
        "md5OfBody",
        "eventSource",
        "eventSourceARN",
        "awsRegion",
    }
    assert (first["body"], second["body"]) == ("one", "two")
    assert first["eventSource"] == "aws:sqs"
    assert first["eventSourceARN"].startswith("arn:aws:sqs:us-east-1:")
    assert first["attributes"]["MessageGroupId"] == "a"
    assert first["attributes"]["MessageDeduplicationId"] == "one"
    assert first["attributes"]["ApproximateReceiveCount"] == "1"
    assert first["attributes"]["SequenceNumber"] < second["attributes"]["SequenceNumber"]


def test_successes_are_deleted_and_failures_come_again(sqs: Any, url: str, tmp_path: Path) -> None:
    send(sqs, url, "one", "two", "three")

    def fails_from_two(event: dict[str, Any]) -> dict[str, Any]:
        failed = [record for record in event["Records"] if record["body"] != "one"]
        for record in failed:  # what a handler that defers does
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
            )
        return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in failed]}

    handled = source(sqs, url, fails_from_two, tmp_path).poll()

    assert handled == Handled(3, 2)
    assert waiting(sqs, url) == ["two", "three"]


def test_a_handler_that_raises_fails_the_whole_batch(sqs: Any, url: str, tmp_path: Path) -> None:
    send(sqs, url, "one", "two")

    def broken(_event: dict[str, Any]) -> None:
        raise ValueError("broken")

    failing = source(sqs, url, broken, tmp_path)

    assert failing.poll() == Handled(2, 2)
    assert failing.depth() == 2
    assert waiting(sqs, url) == []  # hidden until the visibility time-out


def test_a_restarted_pump_gives_back_what_a_killed_one_held(
    sqs: Any, url: str, tmp_path: Path
) -> None:
    send(sqs, url, "one", "two")

    def killed(_event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        source(sqs, url, killed, tmp_path).poll()
    assert waiting(sqs, url) == []

    returned = InFlight(tmp_path).give_back(sqs, {"orders": url})

    assert returned == 2
    assert waiting(sqs, url) == ["one", "two"]
    assert InFlight(tmp_path).give_back(sqs, {"orders": url}) == 0


def test_a_rule_calls_its_function_with_each_event(
    sqs: Any, local_aws: LocalAwsAddress, tmp_path: Path
) -> None:
    url = sqs.create_queue(QueueName="bus-test")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"detail-type": "HaltRaised"}')
    sqs.send_message(QueueUrl=url, MessageBody='{"detail-type": "Bad"}')
    seen: list[str] = []

    def handler(event: dict[str, Any]) -> None:
        seen.append(event["detail-type"])
        if event["detail-type"] == "Bad":
            raise ValueError("bad")

    rule = RuleSource(
        "bus-test",
        queue=QueueAddress(sqs, url, region=local_aws.region),
        invoke=handler,
        kept=InFlight(tmp_path),
    )

    assert rule.poll() == Handled(2, 1)
    assert seen == ["HaltRaised", "Bad"]
    assert rule.depth() == 1


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "stranger"}]}, {"a", "b"}),
        ({"batchItemFailures": [{}]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
        ("done", {"a", "b"}),
    ],
)
def test_a_partial_batch_response_is_read_as_lambda_reads_it(
    answer: object, failed: set[str]
) -> None:
    assert failed_identifiers(answer, {"a", "b"}) == failed
