"""What the container's two sockets say, and the sessions that understand them.

A session holds one vendor's protocol and touches no socket, no clock and no sleep: the shell tells
it what came and what time it is (monotonic seconds), and asks it what to send, when to wake up and
when to connect again. A session lives as long as the process, across connections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from quantterminal.domain.orders import OrderUpdate
from quantterminal.domain.price_bands import PriceBand
from quantterminal.ports.feed import RawBar
from quantterminal.ports.ticks import TicksSeen


class SessionState(StrEnum):
    """How far a connection has come. DOWN means there is none."""

    DOWN = "down"
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    SUBSCRIBING = "subscribing"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class BarSeen:
    """A minute bar as it came, before the door."""

    bar: RawBar


@dataclass(frozen=True, slots=True)
class BandSeen:
    """Limit up, limit down: the prices between which `symbol` may trade from now on, dollars."""

    symbol: str
    band: PriceBand


@dataclass(frozen=True, slots=True)
class HaltSeen:
    """Trading in `symbol` was halted at the market's time `at`, or is to go on (`is_over`)."""

    symbol: str
    at: datetime
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class FeedLive:
    """Subscribed: what was missed must be fetched now. `missing` pairs were never acknowledged."""

    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamLive:
    """The broker's order stream is listening: what was missed must be fetched now."""


@dataclass(frozen=True, slots=True)
class UpdateSeen:
    update: OrderUpdate


@dataclass(frozen=True, slots=True)
class FrameUnreadable:
    """A frame that the session could not understand, cut to 4,096 characters, and why."""

    raw: str
    problem: str


@dataclass(frozen=True, slots=True)
class SessionReport:
    """Something worth a log line and a metric: a refusal, a stall, a frame that makes no sense."""

    event: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeysRefused:
    """The broker does not take the keys: they may have been rotated, and must be read again."""


FeedEvent = BarSeen | TicksSeen | BandSeen | HaltSeen | FeedLive | FrameUnreadable | SessionReport
StreamEvent = StreamLive | UpdateSeen | FrameUnreadable | KeysRefused | SessionReport


class _Session(Protocol):
    @property
    def state(self) -> SessionState: ...

    @property
    def wants_close(self) -> bool:
        """Whether the connection is of no more use: the shell closes it."""
        ...

    def connected(self, now: float) -> None:
        """A socket has been opened."""
        ...

    def to_send(self) -> Sequence[str]:
        """Frames to send now, each once."""
        ...

    def next_deadline(self) -> float | None:
        """When `on_time` should be called at the latest, None when nothing is due."""
        ...

    def connect_delay(self) -> float:
        """Seconds to wait before the next attempt to connect; 0 for the first."""
        ...


class MarketDataSession(_Session, Protocol):
    def receive(self, frame: str | bytes, now: float) -> Sequence[FeedEvent]:
        """What a frame says. Never raises on what the vendor sends."""
        ...

    def receive_all(self, frames: Sequence[str | bytes], now: float) -> Sequence[FeedEvent]:
        """What some frames say that came together; the same as one by one, and quicker."""
        ...

    def give_up(self, event: str, fields: Mapping[str, str]) -> Sequence[FeedEvent]:
        """Somebody who sees more than the session knows that the connection is of no use."""
        ...

    def on_time(self, now: float, *, expects_data: bool) -> Sequence[FeedEvent]:
        """Deadlines that have passed. Silence only counts while data is expected."""
        ...

    def closed(self, now: float, code: int | None) -> Sequence[FeedEvent]:
        """The socket is gone; `code` is the close code, None when there was no close frame."""
        ...


class OrderStreamSession(_Session, Protocol):
    def renew_keys(self, key_id: str, secret_key: str) -> None:
        """What the next connection shows."""
        ...

    def receive(self, frame: str | bytes, now: float) -> Sequence[StreamEvent]:
        """What a frame says. Never raises on what the vendor sends."""
        ...

    def on_time(self, now: float) -> Sequence[StreamEvent]:
        """Deadlines that have passed."""
        ...

    def closed(self, now: float, code: int | None) -> Sequence[StreamEvent]:
        """The socket is gone; `code` is the close code, None when there was no close frame."""
        ...
