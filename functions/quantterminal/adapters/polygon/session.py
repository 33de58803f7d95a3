"""The market-data connection as a protocol machine without a socket.

connecting -> authenticating -> subscribing -> live, and down in between. Three facts of the vendor
shape it: an unknown channel is answered with silence, so acknowledgements are counted; a socket can
stay open and go silent, so liveness is the age of the data; over the connection limit everything
succeeds before the kick, so a successful login alone never resets the back-off.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from quantterminal.adapters.polygon.codec import Decoded, Status, decode_all
from quantterminal.ports.streams import (
    BarSeen,
    FeedEvent,
    FeedLive,
    SessionReport,
    SessionState,
)
from quantterminal.ports.ticks import TicksSeen
from quantterminal.services.backoff import Backoff

_HANDSHAKE_S = 10.0
_ACKS_S = 5.0
_SETTLED_S = 30.0  # data must have flowed this long before a failure counts as the first again
_LONG_WAIT_S = 60.0
_KICKED = 1008
_SUBSCRIBED = "subscribed to: "
_DATA = (BarSeen, TicksSeen)
_NOT_IN_EVERY_PLAN = ("LULD",)  # asked for, and not waited for
_MOST_HELD = 100_000  # events before all acknowledgements


@dataclass(slots=True)
class _Connection:
    state: SessionState
    deadline: float | None = None
    wants_close: bool = False
    kicked: bool = False
    refused: bool = False
    first_data_at: float | None = None
    outbox: list[str] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    held: list[FeedEvent] = field(default_factory=list)
    held_events: int = 0


class PolygonSession:
    """Satisfies `ports.streams.MarketDataSession`.

    Subscribes to every channel (`AM`, `Q`, `T`) of every symbol. `stall_after_s` is the longest
    silence in real seconds while data is expected; None never calls a silence a stall, which is
    right for replays that do not run in real time.
    """

    def __init__(
        self,
        *,
        api_key: str,
        symbols: Sequence[str],
        channels: Sequence[str] = ("AM", "Q"),
        draw: Callable[[], float],
        stall_after_s: float | None = 5.0,
    ) -> None:
        self._api_key = api_key
        self._pairs = [f"{channel}.{symbol}" for channel in channels for symbol in symbols]
        self._awaited = [pair for pair in self._pairs if not pair.startswith(_NOT_IN_EVERY_PLAN)]
        self._stall_after_s = stall_after_s
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

    def connected(self, now: float) -> None:
        self._link = _Connection(SessionState.CONNECTING, deadline=now + _HANDSHAKE_S)

    def to_send(self) -> Sequence[str]:
        frames, self._link.outbox = self._link.outbox, []
        return frames

    def next_deadline(self) -> float | None:
        return self._link.deadline

    def connect_delay(self) -> float:
        return self._delay

    def receive(self, frame: str | bytes, now: float) -> Sequence[FeedEvent]:
        return self.receive_all([frame], now)

    def receive_all(self, frames: Sequence[str | bytes], now: float) -> Sequence[FeedEvent]:
        events: list[FeedEvent] = []
        for said in decode_all(frames):
            if isinstance(said, Status):
                events += self._on_status(said, now)
            else:
                events += self._on_event(said, now)
        return events

    def on_time(self, now: float, *, expects_data: bool) -> Sequence[FeedEvent]:
        if self._link.deadline is None or now < self._link.deadline:
            return ()
        if self._link.state is SessionState.SUBSCRIBING:
            return self._go_live(now)
        if self._link.state is not SessionState.LIVE:
            return [self._give_up("feed_handshake_timed_out", {"state": self._link.state})]
        if not expects_data:
            self._expect_data_by(now)
            return ()
        return [self._give_up("feed_stalled", {"silent_s": f"{self._stall_after_s}"})]

    def give_up(self, event: str, fields: Mapping[str, str]) -> Sequence[FeedEvent]:
        return [self._give_up(event, fields)]

    def closed(self, now: float, code: int | None) -> Sequence[FeedEvent]:
        del now
        self._link.kicked = self._link.kicked or code == _KICKED
        if self._link.kicked or self._link.refused:
            self._delay = _LONG_WAIT_S + self._long_backoff.next_delay()
        else:
            self._delay = self._backoff.next_delay()
        fields = {
            "code": "none" if code is None else str(code),
            "state": self._link.state,
            "again_in_s": f"{self._delay:.1f}",
        }
        self._link = _Connection(SessionState.DOWN)
        return [SessionReport("feed_disconnected", fields)]

    def _on_event(self, said: Decoded, now: float) -> Iterable[FeedEvent]:
        if isinstance(said, Status):
            return ()
        if not isinstance(said, _DATA):
            return [said]
        self._data_came(now)
        if self._link.state is SessionState.LIVE:
            return [said]
        # what comes before all acknowledgements waits: the gap before it is fetched first
        self._link.held_events += len(said) if isinstance(said, TicksSeen) else 1
        if self._link.held_events > _MOST_HELD:
            return [self._give_up("feed_acknowledgements_late", {"held": f"{_MOST_HELD}"})]
        self._link.held.append(said)
        return ()

    def _data_came(self, now: float) -> None:
        if self._link.first_data_at is None:
            self._link.first_data_at = now
        elif now - self._link.first_data_at >= _SETTLED_S:
            self._backoff.reset()
            self._long_backoff.reset()
        if self._link.state is SessionState.LIVE:
            self._expect_data_by(now)

    def _on_status(self, said: Status, now: float) -> Iterable[FeedEvent]:
        match said.status:
            case "connected":
                return self._authenticate(now)
            case "auth_success":
                return self._subscribe(now)
            case "success":
                return self._acknowledge(said.message, now)
            case "auth_failed" | "max_connections" | "auth_timeout" | "force_disconnect":
                self._link.refused = said.status == "auth_failed"
                self._link.kicked = said.status == "max_connections"
                return [self._give_up(f"feed_{said.status}", {"message": said.message})]
            case "slow_consumer":  # the close that follows is the server's
                return [SessionReport("feed_slow_consumer", {"message": said.message})]
        return [SessionReport("feed_status", {"status": said.status, "message": said.message})]

    def _authenticate(self, now: float) -> Iterable[FeedEvent]:
        if self._link.state is SessionState.CONNECTING:
            self._link.state = SessionState.AUTHENTICATING
            self._link.deadline = now + _HANDSHAKE_S
            self._link.outbox.append(_action("auth", self._api_key))
        return ()

    def _subscribe(self, now: float) -> Iterable[FeedEvent]:
        if self._link.state is SessionState.AUTHENTICATING:
            self._link.state = SessionState.SUBSCRIBING
            self._link.deadline = now + _ACKS_S
            self._link.awaited = set(self._awaited)
            self._link.outbox.append(_action("subscribe", ",".join(self._pairs)))
        return ()

    def _acknowledge(self, message: str, now: float) -> Iterable[FeedEvent]:
        self._link.awaited.discard(message.removeprefix(_SUBSCRIBED).strip())
        if self._link.state is SessionState.SUBSCRIBING and not self._link.awaited:
            return self._go_live(now)
        return ()

    def _go_live(self, now: float) -> Sequence[FeedEvent]:
        self._link.state = SessionState.LIVE
        self._expect_data_by(now)
        missing = tuple(pair for pair in self._awaited if pair in self._link.awaited)
        held, self._link.held = self._link.held, []
        return [FeedLive(missing), *held]

    def _expect_data_by(self, now: float) -> None:
        self._link.deadline = None if self._stall_after_s is None else now + self._stall_after_s

    def _give_up(self, event: str, fields: Mapping[str, str]) -> SessionReport:
        self._link.wants_close = True
        self._link.deadline = None
        return SessionReport(event, fields)


def _action(action: str, params: str) -> str:
    return json.dumps({"action": action, "params": params})
