"""The order-stream session by tables."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.alpaca.session import AlpacaSession
from quantterminal.domain.orders import OrderEvent
from quantterminal.ports.streams import (
    FrameUnreadable,
    KeysRefused,
    SessionReport,
    SessionState,
    StreamEvent,
    StreamLive,
    UpdateSeen,
)
from tests.unit.quantterminal.adapters.alpaca.sample_orders import fill_update, new_update


def session() -> AlpacaSession:
    return AlpacaSession(key_id="key", secret_key="secret", draw=lambda: 0.5)


def frame(stream: str, data: Any) -> bytes:
    return json.dumps({"stream": stream, "data": data}).encode()


AUTHORIZED = frame("authorization", {"status": "authorized", "action": "authenticate"})
LISTENING = frame("listening", {"streams": ["trade_updates"]})


def live(machine: AlpacaSession, *, at: float = 0.0) -> AlpacaSession:
    machine.connected(at)
    machine.receive(AUTHORIZED, at)
    machine.receive(LISTENING, at)
    assert machine.state is SessionState.LIVE
    return machine


def reports(events: Sequence[StreamEvent]) -> list[str]:
    return [event.event for event in events if isinstance(event, SessionReport)]


def test_from_connect_to_live() -> None:
    machine = session()

    machine.connected(0.0)
    assert machine.state is SessionState.AUTHENTICATING
    assert [json.loads(sent) for sent in machine.to_send()] == [
        {"action": "authenticate", "data": {"key_id": "key", "secret_key": "secret"}}
    ]
    assert list(machine.receive(AUTHORIZED, 0.1)) == []
    assert [json.loads(sent) for sent in machine.to_send()] == [
        {"action": "listen", "data": {"streams": ["trade_updates"]}}
    ]
    assert list(machine.receive(LISTENING, 0.2)) == [StreamLive()]
    assert machine.state is SessionState.LIVE
    assert machine.next_deadline() is None


@pytest.mark.parametrize("as_text", [False, True])
def test_updates_come_as_binary_and_as_text(*, as_text: bool) -> None:
    raw = frame("trade_updates", fill_update())

    (seen,) = live(session()).receive(raw.decode() if as_text else raw, 1.0)

    assert isinstance(seen, UpdateSeen)
    assert seen.update.event is OrderEvent.FILL


def test_a_second_greeting_changes_nothing() -> None:
    machine = live(session())

    assert list(machine.receive(LISTENING, 1.0)) == []
    assert list(machine.receive(AUTHORIZED, 1.0)) == []
    assert list(machine.to_send())[2:] == []


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>504</html>",
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"stream":"news","data":{}}',
        frame("trade_updates", None),
        frame("trade_updates", {**new_update(), "event": "vanished"}),
        frame("trade_updates", {**new_update(), "order": None}),
        frame("trade_updates", {**new_update(), "event": "snapshot"}),
        frame("authorization", {"status": "perhaps"}),
    ],
)
def test_f10_an_unreadable_frame_is_handed_on_and_the_stream_lives(raw: bytes) -> None:
    machine = live(session())

    (unreadable,) = machine.receive(raw, 1.0)
    (after,) = machine.receive(frame("trade_updates", new_update()), 1.1)

    assert isinstance(unreadable, FrameUnreadable)
    assert unreadable.problem
    assert isinstance(after, UpdateSeen)
    assert not machine.wants_close


def test_f10_a_frame_of_a_megabyte_is_cut() -> None:
    (unreadable,) = live(session()).receive(b"x" * 1_000_000, 1.0)

    assert isinstance(unreadable, FrameUnreadable)
    assert len(unreadable.raw) == 4096


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_no_frame_raises(raw: bytes | str) -> None:
    assert len(live(session()).receive(raw, 1.0)) <= 1


@pytest.mark.parametrize("greeted", [False, True])
def test_a_handshake_that_stops_is_given_up(*, greeted: bool) -> None:
    machine = session()
    machine.connected(0.0)
    if greeted:
        machine.receive(AUTHORIZED, 0.0)

    assert list(machine.on_time(9.9)) == []
    assert reports(machine.on_time(10.0)) == ["stream_handshake_timed_out"]
    assert machine.wants_close


def test_a_stream_that_is_not_granted_is_given_up() -> None:
    machine = session()
    machine.connected(0.0)
    machine.receive(AUTHORIZED, 0.0)

    assert reports(machine.receive(frame("listening", {"streams": []}), 0.1)) == [
        "stream_not_granted"
    ]
    assert machine.wants_close


def test_f24_refused_keys_wait_longer_each_time() -> None:
    machine = session()
    delays = []
    for attempt in range(3):
        machine.connected(float(attempt))
        refused = frame("authorization", {"status": "unauthorized", "action": "authenticate"})
        assert reports(machine.receive(refused, attempt + 0.1)) == ["stream_auth_failed"]
        assert machine.wants_close
        machine.closed(attempt + 0.2, None)
        delays.append(machine.connect_delay())

    assert delays == [90.0, 120.0, 180.0]


def test_f24_renewed_keys_are_shown_by_the_next_connection() -> None:
    machine = session()
    machine.connected(0.0)
    machine.to_send()
    refused = frame("authorization", {"status": "unauthorized", "action": "authenticate"})

    assert KeysRefused() in machine.receive(refused, 0.1)
    machine.closed(0.2, None)
    machine.renew_keys("new key", "new secret")
    machine.connected(60.0)

    assert json.loads(machine.to_send()[0])["data"] == {
        "key_id": "new key",
        "secret_key": "new secret",
    }


def test_a_short_life_does_not_reset_the_delay_and_a_long_one_does() -> None:
    machine = session()
    assert machine.connect_delay() == 0.0

    for attempt in range(3):
        live(machine, at=float(attempt))
        machine.closed(attempt + 0.1, 1006)
    assert machine.connect_delay() == 1.0

    live(machine, at=100.0)
    machine.closed(130.0, 1006)
    assert machine.connect_delay() == 0.25
    assert machine.state is SessionState.DOWN
