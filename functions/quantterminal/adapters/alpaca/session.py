"""The broker's order stream as a protocol machine without a socket.

connecting -> authenticating -> subscribing (to the stream) -> live, and down in between. The stream
has no replay and no sequence, so whatever it says may be incomplete: `StreamLive` tells the shell
to read over REST what was missed. What cannot be understood is handed on, never raised. Liveness
(ping and pong) is the shell's, because a quiet stream proves nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantterminal.adapters.alpaca.codec import parse, trade_update
from quantterminal.domain.errors import MessageError
from quantterminal.ports.streams import (
    FrameUnreadable,
    KeysRefused,
    SessionReport,
    SessionState,
    StreamEvent,
    StreamLive,
    UpdateSeen,
)
from quantterminal.services.backoff import Backoff

_STREAM = "trade_updates"
_HANDSHAKE_S = 10.0
_SETTLED_S = 30.0  # a greeting alone proves nothing: a stream that lived this long does
_LONG_WAIT_S = 60.0
_LONGEST_RAW = 4096


@dataclass(slots=True)
class _Connection:
    state: SessionState
    deadline: float | None = None
    wants_close: bool = False
    refused: bool = False
    live_since: float | None = None
    outbox: list[str] = field(default_factory=list)


class AlpacaSession:
    """Satisfies `ports.streams.OrderStreamSession`. Frames may be text or binary JSON."""

    def __init__(self, *, key_id: str, secret_key: str, draw: Callable[[], float]) -> None:
        self._key_id = key_id
        self._secret_key = secret_key
        self._backoff = Backoff(draw)
        self._long_backoff = Backoff(draw, base_s=_LONG_WAIT_S, cap_s=15 * _LONG_WAIT_S)
        self._delay = 0.0
        self._link = _Connection(SessionState.DOWN)

    @property
    def state(self) -> SessionState:
        return self._link.state

    @property
    def wants_close(self) -> bool:
        return self._link.wants_close

    def renew_keys(self, key_id: str, secret_key: str) -> None:
        self._key_id, self._secret_key = key_id, secret_key

    def connected(self, now: float) -> None:
        self._link = _Connection(SessionState.AUTHENTICATING, deadline=now + _HANDSHAKE_S)
        credentials = {"key_id": self._key_id, "secret_key": self._secret_key}
        self._link.outbox.append(json.dumps({"action": "authenticate", "data": credentials}))

    def to_send(self) -> Sequence[str]:
        frames, self._link.outbox = self._link.outbox, []
        return frames

    def next_deadline(self) -> float | None:
        return self._link.deadline

    def connect_delay(self) -> float:
        return self._delay

    def receive(self, frame: str | bytes, now: float) -> Sequence[StreamEvent]:
        try:
            return self._on_message(parse(frame), now)
        except MessageError as problem:
            return [FrameUnreadable(_text_of(frame)[:_LONGEST_RAW], str(problem))]

    def on_time(self, now: float) -> Sequence[StreamEvent]:
        if self._link.deadline is None or now < self._link.deadline:
            return ()
        return [self._give_up("stream_handshake_timed_out", {"state": self._link.state})]

    def closed(self, now: float, code: int | None) -> Sequence[StreamEvent]:
        since = self._link.live_since
        if since is not None and now - since >= _SETTLED_S:
            self._backoff.reset()
        if self._link.refused:
            self._delay = _LONG_WAIT_S + self._long_backoff.next_delay()
        else:
            self._delay = self._backoff.next_delay()
        fields = {
            "code": "none" if code is None else str(code),
            "state": self._link.state,
            "again_in_s": f"{self._delay:.1f}",
        }
        self._link = _Connection(SessionState.DOWN)
        return [SessionReport("stream_disconnected", fields)]

    def _on_message(self, message: Any, now: float) -> Sequence[StreamEvent]:
        if not isinstance(message, dict):
            raise MessageError(f"Expected a JSON object, was {message!r:.200}")
        stream, data = message.get("stream"), message.get("data")
        if stream == _STREAM:
            return [UpdateSeen(trade_update(data))]
        if stream == "authorization":
            return self._on_authorization(data, now)
        if stream == "listening":
            return self._on_listening(data, now)
        raise MessageError(f"Expected a known stream, was {stream!r:.200}")

    def _on_authorization(self, data: object, now: float) -> Sequence[StreamEvent]:
        status = data.get("status") if isinstance(data, dict) else None
        if status == "unauthorized":
            self._link.refused = True
            return [self._give_up("stream_auth_failed", {"status": status}), KeysRefused()]
        if status != "authorized":
            raise MessageError(f"Expected authorized or unauthorized, was {data!r:.200}")
        if self._link.state is SessionState.AUTHENTICATING:
            self._link.state = SessionState.SUBSCRIBING
            self._link.deadline = now + _HANDSHAKE_S
            self._link.outbox.append(
                json.dumps({"action": "listen", "data": {"streams": [_STREAM]}})
            )
        return ()

    def _on_listening(self, data: object, now: float) -> Sequence[StreamEvent]:
        streams = data.get("streams") if isinstance(data, dict) else None
        if not isinstance(streams, list) or _STREAM not in streams:
            return [self._give_up("stream_not_granted", {"data": f"{data!r:.200}"})]
        if self._link.state is not SessionState.SUBSCRIBING:
            return ()
        self._link.state = SessionState.LIVE
        self._link.deadline = None
        self._link.live_since = now
        self._long_backoff.reset()
        return [StreamLive()]

    def _give_up(self, event: str, fields: dict[str, str]) -> SessionReport:
        self._link.wants_close = True
        self._link.deadline = None
        return SessionReport(event, fields)


def _text_of(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", errors="replace")
