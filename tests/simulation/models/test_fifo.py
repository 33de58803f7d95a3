"""What the model of the queues adds to what the local AWS is held to: time, and counting."""

from dataclasses import dataclass

import pytest

from tests.simulation.models.fifo import DEDUPLICATION_S, FifoQueue


@dataclass
class Seconds:
    now: float = 0.0


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def queue(seconds: Seconds) -> FifoQueue:
    return FifoQueue("orders", visibility_s=30.0, max_receives=2, now=lambda: seconds.now)


def bodies(queue: FifoQueue, most: int = 10) -> list[str]:
    return [stored.body for stored in queue.receive(most)]


def test_an_id_is_known_for_five_minutes_even_after_the_delete(
    queue: FifoQueue, seconds: Seconds
) -> None:
    queue.send("first", group="a", once="id")
    assert queue.delete(queue.receive(1)[0].receipt)
    seconds.now = DEDUPLICATION_S - 1
    queue.send("again", group="a", once="id")
    assert bodies(queue) == []
    seconds.now = DEDUPLICATION_S + 1
    queue.send("again", group="a", once="id")
    assert bodies(queue) == ["again"]


def test_a_group_waits_while_one_of_its_messages_is_in_flight(
    queue: FifoQueue, seconds: Seconds
) -> None:
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        queue.send(body, group=group, once=body)
    assert bodies(queue, 1) == ["a1"]
    assert bodies(queue) == ["b1"]
    seconds.now = 31
    assert bodies(queue) == ["a1", "a2", "b1"]


def test_an_expired_receipt_deletes_nothing(queue: FifoQueue, seconds: Seconds) -> None:
    queue.send("a1", group="a", once="a1")
    held = queue.receive(1)[0].receipt
    seconds.now = 31
    assert not queue.delete(held)
    assert bodies(queue) == ["a1"]


def test_a_message_received_too_often_is_given_up_and_its_group_goes_on(
    queue: FifoQueue, seconds: Seconds
) -> None:
    queue.send("a1", group="a", once="a1")
    queue.send("a2", group="a", once="a2")
    for _ in range(2):
        assert bodies(queue, 1) == ["a1"]
        seconds.now += 31
    assert bodies(queue, 1) == ["a2"]
    assert [stored.body for stored in queue.dead] == ["a1"]
