"""The queue semantics that the pipeline relies on, held against the local AWS and our model of it.

The emulator is young; an upgrade that changes one of these must not go unnoticed.
"""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from local.processes.local_aws import LocalAwsAddress
from tests.contract.model_sqs import ModelSqs

_names = itertools.count(1)


class Queue:
    """A FIFO queue of one test, with the few calls that the tests make."""

    def __init__(self, sqs: Any, **attributes: str) -> None:
        self.sqs = sqs
        name = f"fidelity-{next(_names)}.fifo"
        self.url = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true", **attributes})[
            "QueueUrl"
        ]

    @property
    def arn(self) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def send(self, body: str, *, group: str = "a", once: str | None = None) -> dict[str, Any]:
        sent: dict[str, Any] = self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=once or body,
        )
        return sent

    def receive(self, most: int = 10, *, hidden_s: int = 30) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=hidden_s,
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def bodies(self, most: int = 10, *, hidden_s: int = 30) -> list[str]:
        return [message["Body"] for message in self.receive(most, hidden_s=hidden_s)]

    def release(self, message: dict[str, Any]) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )

    def delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture(scope="module", params=["model", "local AWS"])
def sqs(request: pytest.FixtureRequest) -> Any:
    if request.param == "model":
        return ModelSqs()
    address: LocalAwsAddress = request.getfixturevalue("local_aws")
    return address.client("sqs")


@pytest.fixture
def queue(sqs: Any) -> Queue:
    return Queue(sqs)


def poll(attempt: Callable[[], list[Any]], *, deadline_s: float = 10.0) -> list[Any]:
    end = time.monotonic() + deadline_s
    while not (found := attempt()):
        assert time.monotonic() < end, "nothing came before the deadline"
        time.sleep(0.05)
    return found


def test_a_group_comes_in_the_order_it_was_sent(queue: Queue) -> None:
    for number in range(25):
        queue.send(str(number))

    seen: list[str] = []
    while batch := queue.receive():
        seen += [message["Body"] for message in batch]
        for message in batch:
            queue.delete(message)

    assert seen == [str(number) for number in range(25)]


def test_sequence_numbers_rise_and_name_the_group(queue: Queue) -> None:
    queue.send("one")
    queue.send("two", group="b")

    first, second = (message["Attributes"] for message in queue.receive())

    assert first["SequenceNumber"] < second["SequenceNumber"]
    assert (first["MessageGroupId"], second["MessageGroupId"]) == ("a", "b")
    assert first["MessageDeduplicationId"] == "one"
    assert first["ApproximateReceiveCount"] == "1"


def test_a_group_is_blocked_while_one_of_its_messages_is_in_flight(queue: Queue) -> None:
    queue.send("one")
    queue.send("two")
    (first,) = queue.receive(1)

    assert queue.receive() == []

    queue.delete(first)
    assert queue.bodies() == ["two"]


def test_two_groups_are_independent(queue: Queue) -> None:
    queue.send("a1", group="a")
    queue.send("a2", group="a")
    queue.send("b1", group="b")
    assert queue.bodies(1) == ["a1"]

    assert queue.bodies() == ["b1"]


def test_a_deduplication_id_counts_once_within_the_window(queue: Queue) -> None:
    first = queue.send("one", once="same")
    second = queue.send("another body", once="same")

    assert second["MessageId"] == first["MessageId"]
    assert queue.bodies() == ["one"]


def test_a_deduplication_id_is_remembered_after_the_message_is_deleted(queue: Queue) -> None:
    queue.send("one", once="same")
    (message,) = queue.receive()
    queue.delete(message)

    queue.send("again", once="same")

    assert queue.receive() == []


def test_deduplication_spans_groups(queue: Queue) -> None:
    queue.send("one", group="a", once="same")
    queue.send("one", group="b", once="same")

    assert len(queue.receive()) == 1


def test_what_was_not_deleted_comes_again_in_the_same_order(queue: Queue) -> None:
    for body in ("one", "two", "three"):
        queue.send(body)
    assert queue.bodies(hidden_s=1) == ["one", "two", "three"]

    again = poll(queue.receive)

    assert [message["Body"] for message in again] == ["one", "two", "three"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in again} == {"2"}


def test_a_shortened_visibility_brings_a_message_back_at_once(queue: Queue) -> None:
    queue.send("one")
    queue.send("two")
    (first,) = queue.receive(1)

    queue.release(first)

    assert queue.bodies() == ["one", "two"]


def test_deleting_a_part_of_a_batch_keeps_the_rest_in_order(queue: Queue) -> None:
    for body in ("one", "two", "three", "four"):
        queue.send(body)
    batch = queue.receive()
    queue.sqs.delete_message_batch(
        QueueUrl=queue.url,
        Entries=[
            {"Id": str(index), "ReceiptHandle": batch[index]["ReceiptHandle"]} for index in (0, 1)
        ],
    )
    for message in batch[2:]:
        queue.release(message)

    assert queue.bodies() == ["three", "four"]


def test_a_message_received_too_often_goes_to_the_dead_letters_in_order(sqs: Any) -> None:
    dead = Queue(sqs)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": "2"})
    queue = Queue(sqs, RedrivePolicy=redrive)
    for body in ("one", "two", "three"):
        queue.send(body)
    for _ in range(2):
        for message in queue.receive():
            queue.release(message)

    assert queue.receive() == []
    assert dead.bodies() == ["one", "two", "three"]


def test_only_the_poisoned_message_leaves_its_group(sqs: Any) -> None:
    dead = Queue(sqs)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": "2"})
    queue = Queue(sqs, RedrivePolicy=redrive)
    queue.send("poison")
    queue.send("next")
    for _ in range(2):
        (message,) = queue.receive(1)
        assert message["Body"] == "poison"
        queue.release(message)

    assert queue.bodies() == ["next"]
    assert dead.bodies() == ["poison"]


def test_the_receipt_of_an_earlier_delivery_deletes_nothing(queue: Queue) -> None:
    queue.send("one")
    (late,) = queue.receive(hidden_s=1)
    (current,) = poll(queue.receive)

    with pytest.raises(queue.sqs.exceptions.ClientError, match="ReceiptHandleIsInvalid"):
        queue.delete(late)

    queue.release(current)
    assert queue.bodies() == ["one"]


def test_a_batch_is_sent_in_order(queue: Queue) -> None:
    queue.sqs.send_message_batch(
        QueueUrl=queue.url,
        Entries=[
            {
                "Id": str(number),
                "MessageBody": str(number),
                "MessageGroupId": "a",
                "MessageDeduplicationId": f"batch-{number}",
            }
            for number in range(10)
        ],
    )

    assert queue.bodies() == [str(number) for number in range(10)]


def test_a_long_poll_ends_when_a_message_comes(queue: Queue) -> None:
    queue.send("one")
    (message,) = queue.receive(hidden_s=1)
    assert message["Body"] == "one"
    began = time.monotonic()

    answer = queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=10)

    assert [each["Body"] for each in answer["Messages"]] == ["one"]
    assert time.monotonic() - began < 5
