"""The ingest container as one process of three actors: feed, order stream, gate.

It follows `ingest_container.market_data` and `ingest_container.order_stream` step by step, with
the real services and the real session of the broker's stream, but without asyncio and threads.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from quantterminal.adapters.alpaca.session import AlpacaSession
from quantterminal.domain.errors import AmbiguousError, QuantTerminalError, RetryableError
from quantterminal.ports.streams import (
    BarSeen,
    FrameUnreadable,
    KeysRefused,
    SessionState,
    StreamEvent,
    StreamLive,
    UpdateSeen,
)
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.backoff import Backoff
from quantterminal.services.ingest import Ingest, IngestPorts
from quantterminal.services.reconcile import ReconcileRuntime, import_facts
from quantterminal.services.relay_updates import relayed
from tests.simulation.loop import Actor, Loop, Process

T = TypeVar("T")
_MOST_AT_ONCE = 10
_LEASE_RENEWAL_S = 1.0
_RECOVERY_TRIES = 8
_LIVE = "live"
_TICK = "tick"


@dataclass(frozen=True, slots=True)
class ContainerPorts:
    """What the container is built on; `draw` answers floats from [0, 1)."""

    trading: Any
    clock: Any
    bus: Any
    gate: Any
    ingest: IngestPorts
    recovering: ReconcileRuntime
    stream_keys: Callable[[], tuple[str, str]]
    telemetry: Any
    draw: Callable[[], float]


@dataclass(slots=True)
class Inbox:
    """What waits for one actor, and the actor, parked while there is nothing."""

    loop: Loop
    items: deque[Any] = field(default_factory=deque)
    actor: Actor | None = None
    is_parked: bool = False

    def put(self, item: Any) -> None:
        self.items.append(item)
        self.ring()

    def ring(self) -> None:
        if self.is_parked and self.actor is not None:
            self.is_parked = False
            self.loop.at(self.loop.now_us, self.actor.switch)

    def drained(self, most: int) -> list[Any]:
        """At least one item, in order; the actor waits for it."""
        while not self.items:
            self.is_parked = True
            self.loop.park()
        return [self.items.popleft() for _ in range(min(most, len(self.items)))]


class Patience:
    """`ingest_container.waiting.PatientThread` in virtual time."""

    def __init__(self, loop: Loop, draw: Callable[[], float]) -> None:
        self._loop = loop
        self._backoff = Backoff(draw, base_s=0.2, cap_s=10.0)
        self.is_waiting = False

    def until_done(
        self, step: Callable[[], T], *, tries: int | None = None, still: Callable[[], bool]
    ) -> T | None:
        failures = 0
        try:
            while True:
                try:
                    answer = step()
                except (RetryableError, AmbiguousError):
                    failures += 1
                    self.is_waiting = True
                else:
                    self._backoff.reset()
                    return answer
                if failures == tries or not still():
                    return None
                self._loop.pause(self._backoff.next_delay())
        finally:
            self.is_waiting = False


class Container:
    """One life of the process. The world connects and cuts its two sockets."""

    def __init__(self, loop: Loop, process: Process, ports: ContainerPorts) -> None:
        self.loop = loop
        self.process = process
        self.ports = ports
        key_id, secret_key = ports.stream_keys()
        self.session = AlpacaSession(key_id=key_id, secret_key=secret_key, draw=ports.draw)
        self.ingest = Ingest(ports.trading, ports.ingest)
        self.updates = Inbox(loop)
        self.bars = Inbox(loop)
        self._stream_patience = Patience(loop, ports.draw)
        self._feed_patience = Patience(loop, ports.draw)
        self._connection = 0
        self._recovered = 0
        self._gate_bell = Inbox(loop)
        self._gate_kept = 0
        self._tick_waits = False

    def start(self) -> None:
        for inbox, role, body in (
            (self.updates, "stream", self._work_updates),
            (self.bars, "feed", self._work_bars),
            (self._gate_bell, "gate", self._keep_gate),
        ):
            inbox.actor = self.loop.spawn(self.process, role, body)

    # the order stream

    @property
    def gate(self) -> StreamState:
        """As `OrderStream.gate`."""
        if self.session.state is SessionState.DOWN:
            return StreamState.DOWN
        recovered = self._recovered == self._connection != 0
        is_live = self.session.state is SessionState.LIVE and not self.session.wants_close
        if is_live and recovered and not self._stream_patience.is_waiting:
            return StreamState.LIVE
        return StreamState.RECONCILING

    def receive(self, frame: bytes) -> None:
        """A frame of the order stream."""
        self._enqueue(self.session.receive(frame, self.loop.seconds))

    def closed(self) -> float:
        """The order stream's socket is gone; seconds until the next attempt to connect."""
        self.session.closed(self.loop.seconds, 1006)
        self._ring_gate()
        return self.session.connect_delay()

    def _enqueue(self, events: Sequence[StreamEvent]) -> None:
        self._ring_gate()
        for event in events:
            if isinstance(event, StreamLive):
                self._connection += 1
                self.updates.put(self._connection)
            elif isinstance(event, UpdateSeen | FrameUnreadable | KeysRefused):
                self.updates.put(event)

    def _work_updates(self) -> None:
        while True:
            items = self.updates.drained(_MOST_AT_ONCE)
            for kind, group in groupby(items, key=_kind):
                self.loop.actor().begins(f"stream:{kind}")
                if kind == "recovery":
                    self._recover(list(group)[-1])
                elif kind == "keys":
                    self.session.renew_keys(*self.ports.stream_keys())
                else:
                    self._relay(list(group))
            self._ring_gate()

    def _recover(self, wanted: int) -> None:
        def still() -> bool:
            return wanted == self._connection and self.session.state is SessionState.LIVE

        if self._stream_patience.until_done(self._recovery, still=still):
            self._recovered = wanted

    def _recovery(self) -> bool:
        try:
            import_facts(runtime=self.ports.recovering)
        except RetryableError:
            raise
        except QuantTerminalError as problem:
            raise RetryableError(f"Recovery of orders: {problem}") from problem
        return True

    def _relay(self, seen: Sequence[UpdateSeen | FrameUnreadable]) -> None:
        ports = self.ports
        outgoing = [relayed(ports.trading.account, each, ports.clock) for each in seen]
        self._stream_patience.until_done(lambda: ports.bus.send(outgoing), still=lambda: True)

    def _keep_gate(self) -> None:
        while True:
            self.loop.actor().begins("gate:lease")
            try:
                self.ports.gate.keep(self.gate)
            except RetryableError as problem:
                self.ports.telemetry.record("gate_not_set", problem=str(problem))
            self._gate_bell.items.clear()
            self._gate_kept += 1
            self.loop.after(_LEASE_RENEWAL_S, partial(self._renew_gate, self._gate_kept))
            self._gate_bell.drained(1)

    def _renew_gate(self, kept: int) -> None:
        if kept == self._gate_kept:
            self._ring_gate()

    def _ring_gate(self) -> None:
        if self.process.is_alive and not self._gate_bell.items:
            self._gate_bell.put(_TICK)

    # the feed

    def feed_live(self) -> None:
        """The feed is subscribed: what was missed must be fetched."""
        self.bars.put(_LIVE)

    def feed_says(self, raw: dict[str, Any]) -> None:
        """A bar of the feed."""
        self.bars.put(raw)

    def _work_bars(self) -> None:
        while True:
            items = self.bars.drained(500)
            for is_live, group in groupby(items, key=lambda item: item == _LIVE):
                self.loop.actor().begins("feed:recovery" if is_live else "feed:bars")
                if is_live:
                    self._feed_patience.until_done(
                        self._catch_up, tries=_RECOVERY_TRIES, still=lambda: True
                    )
                else:
                    self._take(list(group))
            if _TICK in items:
                self._tick_waits = False
            self._tick_when_due()

    def _catch_up(self) -> bool:
        self.ingest.recover(self._now(), received_ns=self.ports.clock.stamp_ns())
        return True

    def _take(self, items: Sequence[Any]) -> None:
        for item in items:
            if item == _TICK:
                self.ingest.advance(self._now())
            else:
                self.ingest.take(
                    [BarSeen(item)], now=self._now(), received_ns=self.ports.clock.stamp_ns()
                )
        self._feed_patience.until_done(self._flush, still=lambda: True)

    def _flush(self) -> bool:
        self.ingest.flush(self._now())
        return True

    def _tick_when_due(self) -> None:
        if self._tick_waits:
            return
        self._tick_waits = True
        wait = (self.ingest.next_due() - self._now()) / timedelta(seconds=1)
        self.loop.after(max(wait, 0.05), self._tick)

    def _tick(self) -> None:
        if self.process.is_alive:
            self.bars.put(_TICK)

    def _now(self) -> datetime:
        now: datetime = self.ports.clock.now()
        return now


def _kind(item: int | UpdateSeen | FrameUnreadable | KeysRefused) -> str:
    if isinstance(item, int):
        return "recovery"
    return "keys" if isinstance(item, KeysRefused) else "relay"
