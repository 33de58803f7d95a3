"""The market-data session by tables: each situation that the vendor is known for."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from quantterminal.adapters.polygon.session import PolygonSession
from quantterminal.ports.streams import (
    BarSeen,
    FeedEvent,
    FeedLive,
    FrameUnreadable,
    SessionReport,
    SessionState,
)

PAIRS = ["AM.IBM", "AM.SPY", "Q.IBM", "Q.SPY"]
BAR = {"ev": "AM", "sym": "IBM", "s": 1381152600000, "o": 1, "h": 1, "l": 1, "c": 1, "v": 10}


def session(**changes: Any) -> PolygonSession:
    settings: dict[str, Any] = {
        "api_key": "key",
        "symbols": ["IBM", "SPY"],
        "draw": lambda: 0.5,
        **changes,
    }
    return PolygonSession(**settings)


def status(name: str, message: str = "") -> str:
    return json.dumps([{"ev": "status", "status": name, "message": message}])


def acknowledged(pairs: Sequence[str] = PAIRS) -> str:
    return json.dumps(
        [{"ev": "status", "status": "success", "message": f"subscribed to: {p}"} for p in pairs]
    )


def live(machine: PolygonSession, *, at: float = 0.0) -> PolygonSession:
    machine.connected(at)
    machine.receive(status("connected"), at)
    machine.receive(status("auth_success"), at)
    machine.receive(acknowledged(), at)
    assert machine.state is SessionState.LIVE
    return machine


def reports(events: Sequence[FeedEvent]) -> list[str]:
    return [event.event for event in events if isinstance(event, SessionReport)]


def test_from_connect_to_live() -> None:
    machine = session()
    assert machine.state is SessionState.DOWN

    machine.connected(0.0)
    assert list(machine.to_send()) == []
    machine.receive(status("connected", "Connected Successfully"), 0.1)
    assert [json.loads(frame) for frame in machine.to_send()] == [
        {"action": "auth", "params": "key"}
    ]
    machine.receive(status("auth_success", "authenticated"), 0.2)
    assert [json.loads(frame) for frame in machine.to_send()] == [
        {"action": "subscribe", "params": ",".join(PAIRS)}
    ]
    events = machine.receive(acknowledged(), 0.3)

    assert list(events) == [FeedLive()]
    assert machine.state is SessionState.LIVE
    assert list(machine.to_send()) == []


def test_acknowledgements_may_come_one_by_one() -> None:
    machine = session()
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.receive(status("auth_success"), 0.0)

    states = []
    for pair in PAIRS:
        machine.receive(acknowledged([pair]), 0.1)
        states.append(machine.state)

    assert states == [SessionState.SUBSCRIBING] * 3 + [SessionState.LIVE]


def test_missing_acknowledgements_are_reported_and_the_connection_lives() -> None:
    machine = session()
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.receive(status("auth_success"), 1.0)
    machine.receive(acknowledged(PAIRS[:3]), 1.1)

    assert machine.next_deadline() == 6.0
    assert list(machine.on_time(5.9, expects_data=True)) == []
    assert list(machine.on_time(6.0, expects_data=True)) == [FeedLive(("Q.SPY",))]
    assert not machine.wants_close


def test_data_before_all_acknowledgements_comes_after_going_live() -> None:
    machine = session()
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.receive(status("auth_success"), 0.0)
    machine.receive(acknowledged(PAIRS[:3]), 0.1)

    assert list(machine.receive(json.dumps([BAR]), 0.2)) == []
    events = machine.receive(acknowledged(PAIRS[3:]), 0.3)

    assert [type(event) for event in events] == [FeedLive, BarSeen]


def test_a_channel_that_the_plan_lacks_is_reported_and_the_connection_lives() -> None:
    machine = session()
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.receive(status("auth_success"), 0.0)

    assert reports(machine.receive(status("error", "not authorized"), 0.1)) == ["feed_status"]
    assert not machine.wants_close


@pytest.mark.parametrize("steps", [0, 1])
def test_a_handshake_that_stops_is_given_up(steps: int) -> None:
    machine = session()
    machine.connected(0.0)
    for name in ["connected"][:steps]:
        machine.receive(status(name), 0.0)

    assert reports(machine.on_time(10.0, expects_data=False)) == ["feed_handshake_timed_out"]
    assert machine.wants_close


def test_f27_silence_while_data_is_expected_is_a_stall() -> None:
    machine = live(session())

    assert list(machine.on_time(4.9, expects_data=True)) == []
    assert reports(machine.on_time(5.0, expects_data=True)) == ["feed_stalled"]
    assert machine.wants_close


def test_a_ticker_that_nobody_knows_is_acknowledged_and_its_silence_is_no_stall() -> None:
    machine = session(symbols=["IBM", "NOBODY"], stall_after_s=5.0)
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.receive(status("auth_success"), 0.0)
    pairs = [f"{channel}.{symbol}" for channel in ("AM", "Q") for symbol in ("IBM", "NOBODY")]

    assert machine.receive(acknowledged(pairs), 0.0) == [FeedLive()]

    for second in range(4, 40, 4):
        machine.receive(json.dumps([BAR]), float(second))
        assert machine.on_time(second + 4.9, expects_data=True) == ()
    assert machine.state is SessionState.LIVE


def test_what_not_every_plan_has_is_asked_for_and_not_waited_for() -> None:
    machine = session(symbols=["IBM"], channels=("AM", "LULD"))
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.to_send()
    machine.receive(status("auth_success"), 0.0)

    assert json.loads(machine.to_send()[0])["params"] == "AM.IBM,LULD.IBM"
    machine.receive(status("error", "not authorized"), 0.0)
    assert machine.receive(acknowledged(["AM.IBM"]), 0.0) == [FeedLive()]


def test_data_puts_the_stall_off_and_a_status_does_not() -> None:
    machine = live(session())

    machine.receive(json.dumps([BAR]), 3.0)
    assert machine.next_deadline() == 8.0
    machine.receive(status("whatever"), 7.0)

    assert reports(machine.on_time(8.0, expects_data=True)) == ["feed_stalled"]


def test_silence_outside_the_session_is_no_stall() -> None:
    machine = live(session())

    assert list(machine.on_time(5.0, expects_data=False)) == []
    assert machine.next_deadline() == 10.0
    assert not machine.wants_close


def test_no_silence_is_a_stall_without_a_limit() -> None:
    assert live(session(stall_after_s=None)).next_deadline() is None


@pytest.mark.parametrize("code", [1000, 1001, 1006, None])
def test_every_close_is_followed_by_a_new_connection_with_growing_delays(code: int | None) -> None:
    machine = session()
    assert machine.connect_delay() == 0.0

    delays = []
    for attempt in range(4):
        live(machine, at=float(attempt))
        assert reports(machine.closed(attempt + 0.1, code)) == ["feed_disconnected"]
        delays.append(machine.connect_delay())

    assert machine.state is SessionState.DOWN
    assert delays == [0.25, 0.5, 1.0, 2.0]


def test_the_delay_is_capped() -> None:
    machine = session(draw=lambda: 0.999)
    for _ in range(40):
        machine.closed(0.0, None)
    assert machine.connect_delay() < 30.0


def test_only_data_that_has_flowed_for_a_while_resets_the_delay() -> None:
    machine = session()
    for _ in range(5):
        machine.closed(0.0, None)

    live(machine, at=0.0)
    machine.receive(json.dumps([BAR]), 1.0)
    machine.receive(json.dumps([BAR]), 30.9)
    machine.closed(31.0, 1000)
    after_short = machine.connect_delay()

    live(machine, at=100.0)
    machine.receive(json.dumps([BAR]), 101.0)
    machine.receive(json.dumps([BAR]), 131.0)
    machine.closed(132.0, 1000)

    assert after_short == 8.0
    assert machine.connect_delay() == 0.25


def test_f26_a_kick_waits_long_although_login_succeeds_each_time() -> None:
    machine = session()
    delays = []
    for attempt in range(3):
        live(machine, at=float(attempt))
        events = machine.receive(status("max_connections", "exceeded"), attempt + 0.1)
        assert reports(events) == ["feed_max_connections"]
        assert machine.wants_close
        machine.closed(attempt + 0.2, 1008)
        delays.append(machine.connect_delay())

    assert delays == [90.0, 120.0, 180.0]


def test_close_1008_alone_is_a_kick_too() -> None:
    machine = live(session())
    machine.closed(1.0, 1008)
    assert machine.connect_delay() == 90.0


def test_a_refused_key_is_reported_and_waits_longer_each_time() -> None:
    machine = session()
    delays = []
    for attempt in range(3):
        machine.connected(float(attempt))
        machine.receive(status("connected"), float(attempt))
        events = machine.receive(status("auth_failed", "authentication failed"), attempt + 0.1)
        assert reports(events) == ["feed_auth_failed"]
        machine.closed(attempt + 0.2, None)
        delays.append(machine.connect_delay())

    assert delays == [90.0, 120.0, 180.0]


@pytest.mark.parametrize("name", ["auth_timeout", "force_disconnect"])
def test_a_server_that_says_goodbye_is_left(name: str) -> None:
    machine = live(session())
    assert reports(machine.receive(status(name), 1.0)) == [f"feed_{name}"]
    assert machine.wants_close


def test_a_slow_consumer_is_reported_and_the_close_is_the_server_s() -> None:
    machine = live(session())
    assert reports(machine.receive(status("slow_consumer"), 1.0)) == ["feed_slow_consumer"]
    assert not machine.wants_close


def test_who_sees_more_may_give_the_connection_up() -> None:
    machine = live(session())
    assert reports(machine.give_up("feed_stalled", {"stale_share": "0.80"})) == ["feed_stalled"]
    assert machine.wants_close


def test_many_frames_at_once_are_the_same_as_one_by_one() -> None:
    frames = [json.dumps([BAR]).encode(), acknowledged(PAIRS[:2]).encode(), b"<html>"]
    one, many = live(session()), live(session())

    events = [event for frame in frames for event in one.receive(frame, 1.0)]

    assert list(many.receive_all(frames, 1.0)) == events


def test_too_much_before_all_acknowledgements_is_given_up() -> None:
    machine = session()
    machine.connected(0.0)
    machine.receive(status("connected"), 0.0)
    machine.receive(status("auth_success"), 0.0)
    tick = {"ev": "T", "sym": "IBM", "t": 1, "p": 1, "s": 1, "q": 1}

    frame = json.dumps([tick] * 50_001)
    machine.receive(frame, 0.1)

    assert reports(machine.receive(frame, 0.2)) == ["feed_acknowledgements_late"]
    assert machine.wants_close


@pytest.mark.parametrize("frame", ["<html>", "", "[", b"\xff\xfe", "null", "7", '["x"]', "[[]]"])
def test_f10_what_is_no_event_is_survived(frame: str | bytes) -> None:
    machine = live(session())

    events = machine.receive(frame, 1.0)

    assert all(isinstance(event, SessionReport | FrameUnreadable) for event in events)
    assert machine.state is SessionState.LIVE
    assert not machine.wants_close
