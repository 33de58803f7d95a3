import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from quantterminal.adapters.memory.live import MemoryConnections, MemoryPush
from quantterminal.adapters.memory.queue_gauge import MemoryQueueGauge
from quantterminal.adapters.wire.frames import encode_frame
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.view import EquityPoint
from quantterminal.services.dashboard import hello
from quantterminal.services.live_feed import (
    MOST_CHARACTERS,
    QUEUES_EVERY,
    LiveFeed,
    LiveRuntime,
    fitting,
)
from tests.unit.quantterminal.services.pipeline import Pipeline


class Room:
    """A feed with sockets in memory."""

    def __init__(self, pipeline: Pipeline, *, most_characters: int = MOST_CHARACTERS) -> None:
        self.connections, self.push = MemoryConnections(), MemoryPush()
        self.queues = MemoryQueueGauge(bars=0, orders=0)
        self.feed = LiveFeed(
            LiveRuntime(
                pipeline.dashboard,
                self.connections,
                self.push,
                pipeline.telemetry,
                self.queues,
                most_characters=most_characters,
            )
        )

    def enter(self, socket: str, *, until: datetime | None = None) -> None:
        self.connections.add(socket, until=until)
        self.push.open.add(socket)

    def heard(self, socket: str) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.push.sent.get(socket, [])]


@pytest.fixture
def room(pipeline: Pipeline) -> Room:
    return Room(pipeline)


def test_nobody_listens_and_nothing_is_read(room: Room, pipeline: Pipeline) -> None:
    pipeline.close()

    assert room.feed.beat() == 0


def test_who_comes_gets_the_picture_and_then_what_changed(room: Room, pipeline: Pipeline) -> None:
    room.enter("a")
    room.feed.beat()
    pipeline.bought("SPY", 20, "100.00")
    room.feed.beat()
    room.enter("b")
    room.feed.beat()

    a, b = room.heard("a"), room.heard("b")

    assert [(each["type"], each["sequence"]) for each in a] == [
        ("hello", 1),
        ("tick", 2),
        ("tick", 3),
    ]
    assert [(each["type"], each["sequence"]) for each in b] == [("hello", 3)]
    assert [row["symbol"] for row in a[1]["changes"]["positions"]] == ["SPY"]
    assert a[1]["changes"]["cash"] == "98000.00"
    assert "positions" not in a[2]["changes"]
    assert len(b[0]["dashboard"]["positions"]) == 1


def test_a_socket_that_has_gone_is_forgotten(room: Room) -> None:
    room.enter("a")
    room.feed.beat()
    room.push.open.discard("a")

    room.feed.beat()

    assert room.connections.connections() == {}


def test_empty_queues_are_asked_now_and_then_and_others_each_second(
    room: Room, pipeline: Pipeline
) -> None:
    def beats(count: int) -> None:
        for _ in range(count):
            pipeline.clock.forward(timedelta(seconds=1))
            room.feed.beat()

    room.enter("a")
    beats(QUEUES_EVERY)
    assert room.queues.asked == 1
    room.queues.held = {"bars": 2, "orders": 1}
    beats(5)
    assert room.queues.asked == 1 + 5
    room.queues.held = {"bars": 0, "orders": 0}
    beats(QUEUES_EVERY)

    _, *ticks = room.heard("a")
    health = [each["changes"]["health"] for each in ticks]
    told = [(each["queued"], each["queue_age_s"]) for each in health]
    assert told[QUEUES_EVERY - 2 :][:7] == [
        (0, None),
        *((3, age) for age in range(5)),
        (0, None),
    ]
    assert room.queues.asked == 1 + 5 + 1


def test_a_socket_is_closed_when_its_sign_in_ends(room: Room, pipeline: Pipeline) -> None:
    end = pipeline.clock.now() + timedelta(minutes=15)
    room.enter("signed in", until=end)
    room.enter("here")
    room.feed.beat()
    pipeline.clock.forward(timedelta(minutes=15))

    assert room.feed.beat() == 1

    assert room.push.open == {"here"}
    assert room.connections.connections() == {"here": None}
    assert [each["type"] for each in room.heard("signed in")] == ["hello"]


def test_a_socket_that_cannot_be_closed_hears_nothing_and_is_closed_later(
    room: Room, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(socket: str) -> None:
        raise RetryableError(f"{socket} cannot be closed now")

    room.enter("a", until=pipeline.clock.now())
    monkeypatch.setattr(room.push, "close", fail)
    room.feed.beat()
    assert room.heard("a") == []
    monkeypatch.undo()

    room.feed.beat()

    assert room.push.open == set()
    assert room.connections.connections() == {}


def test_a_socket_that_still_shakes_hands_is_waited_for(room: Room) -> None:
    room.connections.add("a")
    room.feed.beat()
    assert set(room.connections.connections()) == {"a"}
    room.push.open.add("a")

    room.feed.beat()

    assert [each["type"] for each in room.heard("a")] == ["hello"]


def test_a_socket_that_never_opens_is_forgotten_in_the_end(room: Room) -> None:
    room.connections.add("a")

    for _ in range(10):
        room.feed.beat()

    assert room.connections.connections() == {}


def test_a_message_that_did_not_arrive_is_made_good_by_the_whole_picture(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.enter("a")
    room.feed.beat()
    send = room.push.send

    def fail(socket: str, text: str) -> bool:
        raise RetryableError(f"{socket} takes no {len(text)} characters now")

    monkeypatch.setattr(room.push, "send", fail)
    room.feed.beat()
    monkeypatch.setattr(room.push, "send", send)
    room.feed.beat()

    assert [(each["type"], each["sequence"]) for each in room.heard("a")] == [
        ("hello", 1),
        ("hello", 3),
    ]


def test_changes_that_are_too_many_for_a_message_come_as_a_picture(pipeline: Pipeline) -> None:
    room = Room(pipeline, most_characters=12_000)
    room.enter("a")
    room.feed.beat()
    for ordinal in range(60):
        pipeline.assess(pipeline.ask("SPY", quantity=5_000, ordinal=ordinal))

    room.feed.beat()

    assert [(each["type"], each["complete"]) for each in room.heard("a")] == [
        ("hello", True),
        ("hello", False),
    ]


def test_a_hello_that_is_too_long_keeps_the_newest_and_says_so(pipeline: Pipeline) -> None:
    pipeline.working("SPY", quantity=10)
    whole = hello(1, runtime=pipeline.dashboard)
    [row] = whole.dashboard.orders
    many = tuple(replace(row, client_order_id=f"o{number}") for number in range(400))
    point = EquityPoint(whole.dashboard.at, "1.00")
    long = replace(whole, dashboard=replace(whole.dashboard, orders=many), curve=(point,) * 400)

    shown = json.loads(fitting(long, encode_frame, most=30_000))

    assert json.loads(fitting(whole, encode_frame, most=30_000))["complete"] is True
    assert shown["complete"] is False
    assert shown["dashboard"]["orders"][0]["client_order_id"] == "o0"
    assert 10 <= len(shown["dashboard"]["orders"]) < 100
    with pytest.raises(PermanentError, match="30 characters"):
        fitting(whole, encode_frame, most=30)
