"""The edge of every queue's consumer, on events as Lambda hands them over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.batch import handle_batch
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.redelivery import MemoryRedelivery
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.wire.codec import decode, encode
from quantterminal.bootstrap import Edge
from quantterminal.domain.errors import AmbiguousError, ConflictError, MessageError, RetryableError
from quantterminal.domain.events import BusinessEvent, EventName, Message, SubmitOrder
from quantterminal.services.announce import Announcer
from quantterminal.topology import MAX_RECEIVES

ARN = "arn:aws:sqs:us-east-1:123456789012:orders.fifo"
NOON = datetime(2024, 3, 4, 17, 0, tzinfo=UTC)
Step = Callable[[Message], None]


@dataclass
class Bench:
    """One consumer: its steps fail as they are told, by message id."""

    telemetry: MemoryTelemetry = field(default_factory=MemoryTelemetry)
    redelivery: MemoryRedelivery = field(default_factory=MemoryRedelivery)
    event_bus: MemoryEventBus = field(default_factory=MemoryEventBus)
    failures: dict[str, Exception] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def step(self, message: Message) -> None:
        self.seen.append(message.id)
        if message.id in self.failures:
            raise self.failures[message.id]

    def handle(self, *records: dict[str, Any]) -> list[str]:
        """The message ids that the answer leaves on the queue."""
        announcer = Announcer("main", self.event_bus, MemoryClock(NOON), self.telemetry)
        edge = Edge(self.telemetry, self.redelivery, announcer, decode)
        answer = handle_batch({"Records": list(records)}, None, step=self.step, edge=edge)
        assert set(answer) == {"batchItemFailures"}
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def announced(self) -> list[BusinessEvent]:
        return [m.payload for m in self.event_bus.published if isinstance(m.payload, BusinessEvent)]

    def delays(self) -> list[tuple[str, float]]:
        assert {arn for arn, _, _ in self.redelivery.deferred} <= {ARN}
        return [(receipt, seconds) for _, receipt, seconds in self.redelivery.deferred]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _record(
    name: str, *, group: str = "main:SPY", body: str | None = None, receives: int = 1
) -> dict[str, Any]:
    message = Message(name, "c", "b", NOON, SubmitOrder("main", f"intent-{name}", name))
    return {
        "messageId": f"id-{name}",
        "receiptHandle": f"receipt-{name}",
        "body": encode(message) if body is None else body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1709571600000",
            "SequenceNumber": "18849496460467696128",
            "MessageGroupId": group,
            "MessageDeduplicationId": name,
            "SenderId": "AROAEXAMPLE:risk",
            "ApproximateFirstReceiveTimestamp": "1709571600007",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "us-east-1",
    }


def test_what_succeeds_is_acknowledged_in_its_order(bench: Bench) -> None:
    assert bench.handle(_record("a"), _record("b"), _record("c", group="main:IBM")) == []
    assert bench.seen == ["a", "b", "c"]
    assert bench.announced() == []


@pytest.mark.parametrize("body", ["", "no json", "{}", '{"v": 2}', "[]"])
def test_an_unreadable_message_is_set_aside_and_blocks_nobody(bench: Bench, body: str) -> None:
    left = bench.handle(_record("a", body=body), _record("b"))

    assert left == []
    assert bench.seen == ["b"]
    [event] = bench.announced()
    assert event.name is EventName.MESSAGE_QUARANTINED
    assert event.fields == {"queue": "orders.fifo"}
    assert event.text.startswith("A message was set aside: Expected")
    assert bench.telemetry.problems == [("MessageQuarantined", {"body": body})]


def test_a_message_that_asks_for_the_impossible_is_set_aside_too(bench: Bench) -> None:
    bench.failures["a"] = MessageError("Expected the order in the ledger, was none")

    assert bench.handle(_record("a"), _record("b")) == []
    assert bench.seen == ["a", "b"]
    assert [e.text for e in bench.announced()] == [
        "A message was set aside: Expected the order in the ledger, was none"
    ]


def test_the_quarantine_keeps_no_more_than_four_kilobytes(bench: Bench) -> None:
    bench.handle(_record("a", body="x" * 10_000))
    assert bench.telemetry.problems == [("MessageQuarantined", {"body": "x" * 4096})]


def test_a_quarantine_is_acknowledged_even_when_nobody_can_be_told(bench: Bench) -> None:
    bench.event_bus.is_down = True

    assert bench.handle(_record("a", body="no json")) == []
    assert bench.telemetry.named("EventBusFailed")


def test_a_failed_message_keeps_the_rest_of_its_group_waiting(bench: Bench) -> None:
    bench.failures["b"] = RetryableError("the database is away")

    left = bench.handle(
        _record("a"),
        _record("b"),
        _record("x", group="main:IBM"),
        _record("c"),
        _record("y", group="main:IBM"),
        _record("d"),
    )

    assert left == ["id-b", "id-c", "id-d"]
    assert bench.seen == ["a", "b", "x", "y"]


def test_every_group_may_fail_and_the_answer_still_names_the_messages(bench: Bench) -> None:
    bench.failures |= {"a": RetryableError("away"), "x": RetryableError("away")}
    left = bench.handle(_record("a"), _record("x", group="main:IBM"))
    assert left == ["id-a", "id-x"]


def test_a_failure_that_names_no_time_waits_for_its_visibility(bench: Bench) -> None:
    bench.failures["a"] = RetryableError("the database is away")

    assert bench.handle(_record("a")) == ["id-a"]
    assert bench.delays() == []
    assert bench.telemetry.named("StepDeferred") == [
        {"problem": "the database is away", "received": 1}
    ]


@pytest.mark.parametrize(
    ("receives", "seconds"), [(1, 1.5), (2, 3.0), (3, 6.0), (4, 12.0), (5, 24.0), (6, 30.0)]
)
def test_the_delay_doubles_with_every_receive_up_to_half_a_minute(
    bench: Bench, receives: int, seconds: float
) -> None:
    bench.failures["a"] = RetryableError("the stream is down", retry_after_s=1.5)

    assert bench.handle(_record("a", receives=receives)) == ["id-a"]
    assert bench.delays() == [("receipt-a", seconds)]


def test_the_last_wait_before_the_dead_letter_queue_is_the_queues_own(bench: Bench) -> None:
    bench.failures["a"] = RetryableError("the database is away", retry_after_s=1.0)

    assert bench.handle(_record("a", receives=MAX_RECEIVES - 1)) == ["id-a"]
    assert bench.delays() == []


def test_a_commit_of_which_nobody_knows_comes_again_soon(bench: Bench) -> None:
    bench.failures["a"] = AmbiguousError("The connection broke during commit")

    assert bench.handle(_record("a", receives=2)) == ["id-a"]
    assert bench.delays() == [("receipt-a", 2.0)]
    assert bench.telemetry.problems == []


def test_a_lost_race_comes_again_at_once(bench: Bench) -> None:
    bench.failures["a"] = ConflictError("somebody else wrote first", retry_after_s=0.0)

    assert bench.handle(_record("a", receives=4)) == ["id-a"]
    assert bench.delays() == [("receipt-a", 0.0)]


def test_the_rest_of_the_group_comes_again_as_soon_and_after_it(bench: Bench) -> None:
    """Left in flight they would keep the deferred one from being delivered."""
    bench.failures["b"] = RetryableError("the stream is down", retry_after_s=1.0)

    bench.handle(
        _record("a"), _record("b", receives=2), _record("x", group="main:IBM"), _record("c")
    )

    assert bench.delays() == [("receipt-b", 2.0), ("receipt-c", 2.0)]


def test_each_group_waits_for_its_own_time(bench: Bench) -> None:
    bench.failures |= {
        "a": RetryableError("away", retry_after_s=1.0),
        "x": RetryableError("away", retry_after_s=5.0),
        "m": RetryableError("away"),
    }

    left = bench.handle(
        _record("a"), _record("x", group="main:IBM"), _record("m", group="main:BAC")
    )

    assert left == ["id-a", "id-x", "id-m"]
    assert bench.delays() == [("receipt-a", 1.0), ("receipt-x", 5.0)]


def test_an_unexpected_error_is_told_and_comes_again(bench: Bench) -> None:
    bench.failures["a"] = ZeroDivisionError("a bug")

    left = bench.handle(_record("a"), _record("b"), _record("x", group="main:IBM"))

    assert left == ["id-a", "id-b"]
    assert bench.seen == ["a", "x"]
    assert bench.telemetry.problems == [("StepFailed", {"message_id": "id-a"})]
    assert bench.delays() == []
