"""Market data: a reader that only enqueues, and one ordered worker in front of `Ingest`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from ingest_container.sockets import BufferFullError, keep_connected
from ingest_container.waiting import PatientThread, drained
from quantterminal.domain.sessions import session_at
from quantterminal.ports.streams import FeedEvent, FeedLive, SessionReport
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.ingest import Ingest, IngestPorts

_MOST_WAITING = 20_000  # frames; then the feed is dropped and the gap is fetched over REST
_MOST_AT_ONCE = 500
_RECOVERY_TRIES = 8


@dataclass(frozen=True, slots=True)
class _Frame:
    events: Sequence[FeedEvent]
    received_ns: int


@dataclass(frozen=True, slots=True)
class _Live:
    unacknowledged: tuple[str, ...]
    received_ns: int


@dataclass(frozen=True, slots=True)
class _Tick:
    now: datetime


_Item = _Frame | _Live | _Tick


class MarketData:
    """`clock_seen` is the market time up to which the timed duties are done."""

    def __init__(self, runtime: ContainerRuntime) -> None:
        self._runtime = runtime
        self._session = runtime.feed_session()
        self._ingest = Ingest(
            runtime.trading,
            IngestPorts(
                bus=runtime.bus,
                bar_store=runtime.bar_store,
                watermarks=runtime.watermarks,
                quotes=runtime.quotes,
                history=runtime.history,
                telemetry=runtime.telemetry,
            ),
            bars_from_trades=runtime.bars_from_trades,
        )
        self._thread = PatientThread("feed", draw=runtime.draw, telemetry=runtime.telemetry)
        self._waiting: asyncio.Queue[_Item] = asyncio.Queue(_MOST_WAITING)
        self._tick_is_waiting = False
        self._next_due = self.clock_seen = datetime(1970, 1, 1, tzinfo=UTC)
        self.counts = replace(self._ingest.counts)

    @property
    def state(self) -> str:
        return self._session.state.value

    async def read(self) -> None:
        """The socket's task."""
        await keep_connected(
            self._session,
            self._runtime.feed_url,
            on_time=lambda now: self._session.on_time(now, expects_data=self._market_is_open()),
            handle=self._enqueue,
        )

    async def work(self) -> None:
        """The worker's task: everything in the order of its arrival."""
        while True:
            items = await drained(self._waiting, most=_MOST_AT_ONCE)
            for is_live, group in groupby(items, key=lambda item: isinstance(item, _Live)):
                if is_live:
                    await self._recover([item for item in group if isinstance(item, _Live)][-1])
                else:
                    await self._take([item for item in group if not isinstance(item, _Live)])
            self._done(items)

    async def tick(self, every_s: float) -> None:
        """The timer's task: sees the clock move and lets the worker do what is due."""
        while True:
            now = self._runtime.clock.now()
            if self._tick_is_waiting:
                pass
            elif now < self._next_due:
                self.clock_seen = max(now, self.clock_seen)
            elif not self._waiting.full():
                self._tick_is_waiting = True
                self._waiting.put_nowait(_Tick(now))
            await asyncio.sleep(every_s)

    def _enqueue(self, events: Sequence[FeedEvent]) -> None:
        for report in events:
            if isinstance(report, SessionReport):
                self._runtime.telemetry.record(report.event, **report.fields)
        received_ns = self._runtime.clock.stamp_ns()
        for live in events:
            if isinstance(live, FeedLive):
                self._put(_Live(live.missing, received_ns))
        data = [event for event in events if not isinstance(event, FeedLive | SessionReport)]
        if data:
            self._put(_Frame(data, received_ns))

    def _put(self, item: _Item) -> None:
        try:
            self._waiting.put_nowait(item)
        except asyncio.QueueFull:
            self._runtime.telemetry.record("feed_buffer_full", frames=_MOST_WAITING)
            raise BufferFullError from None

    async def _take(self, items: Sequence[_Frame | _Tick]) -> None:
        await self._thread.call(lambda: self._absorb(items))
        await self._thread.until_done(
            lambda: self._ingest.flush(self._runtime.clock.now()), still=lambda: True
        )

    def _absorb(self, items: Sequence[_Frame | _Tick]) -> None:
        for item in items:
            if isinstance(item, _Tick):
                self._ingest.advance(item.now)
            else:
                now = self._runtime.clock.now()
                self._ingest.take(item.events, now=now, received_ns=item.received_ns)

    async def _recover(self, live: _Live) -> None:
        telemetry = self._runtime.telemetry
        telemetry.record("feed_live", unacknowledged=list(live.unacknowledged))
        done = await self._thread.until_done(
            lambda: self._recovery(live.received_ns), tries=_RECOVERY_TRIES, still=lambda: True
        )
        if not done:
            # live bars are worth more than a complete past; the next connection tries again
            telemetry.record("gap_left_open", tries=_RECOVERY_TRIES)

    def _recovery(self, received_ns: int) -> bool:
        self._ingest.recover(self._runtime.clock.now(), received_ns=received_ns)
        return True

    def _done(self, items: Sequence[_Item]) -> None:
        self.counts = replace(self._ingest.counts)
        self._next_due = self._ingest.next_due()
        for item in items:
            if isinstance(item, _Tick):
                self._tick_is_waiting = False
                self.clock_seen = max(item.now, self.clock_seen)

    def _market_is_open(self) -> bool:
        return session_at(self._runtime.clock.now()) is not None
