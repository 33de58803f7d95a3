"""Market data: a reader that only enqueues, one ordered worker in front of `Ingest`, and beside it
the lane of the ticks, which never waits for the worker nor the worker for it.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby

from ingest_container.feed_health import feed_health
from ingest_container.gap_filler import Gap, GapFiller
from ingest_container.lease import LeaseKeeper
from ingest_container.sockets import BufferFullError, keep_connected
from ingest_container.tick_buffer import TickBuffer
from ingest_container.waiting import PatientThread, drained
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.sessions import new_york_date, session_at, session_on
from quantterminal.ports.streams import FeedEvent, FeedLive, SessionReport, SessionState
from quantterminal.ports.ticks import TickDigest, TicksSeen
from quantterminal.ports.watermarks import FeedHealth
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.feed_liveness import FeedLiveness
from quantterminal.services.ingest import Ingest, IngestPorts, Taken
from quantterminal.services.tick_lane import TickCounts

_MOST_WAITING = 20_000  # frames; then the feed is dropped and the gap is fetched over REST
_MOST_AT_ONCE = 500
_RECOVERY_TRIES = 8
_HEALTH_S = 5.0
_LOOK_S = 0.5  # at the age of the data
_STALE_SHARE = 0.5  # of the liquid symbols: then the connection is of no use
# Up to some 1,200 ticks a second each is stored at once; above, a short rest makes larger batches.
_AT_ONCE_UP_TO = 12
_REST_S = 0.004
_BEHIND_REST_S = 0.1
_SILENCE_SHARE = 0.5  # of the stall time: so long a silence may hide something
_FIRST_NEWS_S = 0.2  # after going live: what came before the first news may have been left out
_QUOTES_EVERY = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class _Frame:
    events: Sequence[Taken]
    received_ns: int


@dataclass(frozen=True, slots=True)
class _Live:
    unacknowledged: tuple[str, ...]
    received_ns: int
    gap: Gap


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
                closes=runtime.closes,
                board=runtime.board,
            ),
            bars_from_trades=runtime.bars_from_trades,
        )
        self._thread = self._new_thread("feed")
        self._tick_thread = self._new_thread("ticks")
        self._board_thread = self._new_thread("board")
        self.lease = LeaseKeeper(runtime)
        self._waiting: asyncio.Queue[_Item] = asyncio.Queue(_MOST_WAITING)
        self.gaps = GapFiller(runtime, self._tick_thread, marks_passed=lambda: self._marks_passed)
        self._buffer = TickBuffer()
        self._ticks_came = asyncio.Event()
        self._quotes_taken_at: datetime | None = None
        self._quotes_left = False
        self._tick_is_waiting = False
        self._next_due = self.clock_seen = datetime(1970, 1, 1, tzinfo=UTC)
        self._lost: tuple[datetime, str] | None = None
        self._liveness = FeedLiveness(stale_after_s=runtime.stall_after_s or 0.0)
        self._ticks_heard_at: float | None = None
        self._is_first_news = False
        self._is_absorbing = False
        self._marks = self._marks_passed = 0
        self.last_seen: dict[str, datetime] = {}
        self.health: FeedHealth | None = None
        self.reconnects = 0
        self.gaps_found = 0
        self._recoveries = 0
        self.counts = replace(self._ingest.counts)

    @property
    def state(self) -> str:
        return self._session.state.value

    @property
    def is_recovering(self) -> bool:
        """Whether minutes that a connection missed are still being fetched."""
        return self._recoveries > 0

    @property
    def ticks(self) -> TickCounts:
        return self._runtime.ticks.counts

    @property
    def waiting(self) -> int:
        """Frames and ticks that nobody has looked at yet."""
        return self._waiting.qsize() + len(self._buffer)

    @property
    def thinned(self) -> int:
        """Quotes that were left out because there were too many."""
        return self._buffer.thinned + self._runtime.ticks.counts.thinned

    @property
    def is_settled(self) -> bool:
        """Whether all that came is stored and every gap is filled, or given up."""
        idle = not self.waiting and not self._is_absorbing and not self.gaps.open
        return idle and not self._runtime.ticks.is_behind

    async def read(self) -> None:
        """The socket's task: connected while the lease is ours."""
        loop = asyncio.get_running_loop()
        while True:
            await self.lease.hold()
            reading = asyncio.create_task(
                keep_connected(
                    self._session,
                    self._runtime.feed_url,
                    on_time=self._on_time,
                    handle=self._enqueue,
                    receive_all=self._session.receive_all,
                )
            )
            lost = asyncio.create_task(self.lease.lost.wait())
            try:
                await asyncio.wait((reading, lost), return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    reading.result()
            finally:
                for task in (reading, lost):
                    task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reading
            self._enqueue(self._session.closed(loop.time(), None))

    async def work(self) -> None:
        """The worker's task: everything in the order of its arrival."""
        while True:
            items = await drained(self._waiting, most=_MOST_AT_ONCE)
            for is_live, group in groupby(items, key=lambda item: isinstance(item, _Live)):
                if is_live:
                    await self._recover([item for item in group if isinstance(item, _Live)])
                else:
                    await self._take([item for item in group if not isinstance(item, _Live)])
            self._done(items)

    async def store_ticks(self) -> None:
        """The lane's task: what came while the last batch was stored is the next batch."""
        lane = self._runtime.ticks
        while True:
            if not len(self._buffer) and self._marks == self._marks_passed:
                self._ticks_came.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_BEHIND_REST_S if lane.is_behind else None):
                        await self._ticks_came.wait()
            seen, is_marked = self._buffer.take()
            now = self._runtime.clock.now()
            self._is_absorbing = True
            absorb = partial(self._absorb_ticks, seen, now, is_marked=is_marked)
            digest = await self._tick_thread.call(absorb)
            self._is_absorbing = False
            if digest.events or digest.quotes:
                await self._waiting.put(_Frame([digest], self._runtime.clock.stamp_ns()))
            if lane.is_behind:
                await asyncio.sleep(_BEHIND_REST_S)
            elif len(seen) > _AT_ONCE_UP_TO:
                await asyncio.sleep(_REST_S)

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
            if self._quotes_left and self._quotes_are_due(now):
                self._ticks_came.set()
            await asyncio.sleep(every_s)

    async def watch_ages(self) -> None:
        """The task that looks at the age of the data of liquid symbols."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self._look_at_ages(self._runtime.monotonic())

    async def show_health(self) -> None:
        """The task that tells the others how the feed does."""
        loop = asyncio.get_running_loop()
        looked_at, events = loop.time(), 0
        while True:
            await asyncio.sleep(_HEALTH_S)
            now, counts = loop.time(), self._runtime.ticks.counts
            lags = await self._tick_thread.call(self._runtime.ticks.desk.take_lags)
            seen = counts.trades + counts.quotes + self.counts.bars
            self.health = feed_health(
                self, self._runtime, events_per_s=(seen - events) / (now - looked_at), lags=lags
            )
            looked_at, events = now, seen
            await self._board_thread.call(partial(self._show, self.health))

    def _show(self, health: FeedHealth) -> None:
        """One that cannot be shown is soon followed by another."""
        with contextlib.suppress(RetryableError):
            self._runtime.feed_board.put(health)

    def _on_time(self, now: float) -> Sequence[FeedEvent]:
        return self._session.on_time(now, expects_data=self._market_is_open())

    def _look_at_ages(self, now: float) -> None:
        if not self._runtime.stall_after_s or self._session.state is not SessionState.LIVE:
            return
        share = self._liveness.stale_share(now)
        if share > _STALE_SHARE and self._market_is_open() and not self._session.wants_close:
            self._liveness.forget()
            self._enqueue(self._session.give_up("feed_stalled", {"stale_share": f"{share:.2f}"}))

    def _enqueue(self, events: Sequence[FeedEvent]) -> None:
        received_ns = self._runtime.clock.stamp_ns()
        data: list[Taken] = []
        for event in events:
            if isinstance(event, TicksSeen):
                self._buffer_ticks(event, received_ns)
            elif isinstance(event, FeedLive):
                self._open_gap(self._gap_until_now(), received_ns, missing=event.missing)
                self._ticks_heard_at, self._is_first_news = self._runtime.monotonic(), True
            elif isinstance(event, SessionReport):
                self._report(event)
            else:
                data.append(event)
        if data:
            self._put(_Frame(data, received_ns))

    def _open_gap(self, gap: Gap, received_ns: int, *, missing: tuple[str, ...] = ()) -> None:
        self._marks += 1
        self._buffer.mark()
        self._ticks_came.set()
        self.gaps.open += 1
        self._recoveries += 1
        self._put(_Live(missing, received_ns, replace(gap, mark=self._marks)))

    def _notice_silence(self, received_ns: int) -> None:
        """A feed that was silent and goes on without a new connection may have left something out:
        it is asked for as after a break.
        """
        now, last = self._runtime.monotonic(), self._ticks_heard_at
        self._ticks_heard_at = now
        longest = (self._runtime.stall_after_s or 0.0) * _SILENCE_SHARE
        if self._is_first_news and longest:
            longest = _FIRST_NEWS_S
        self._is_first_news = False
        if last is None or not longest or now - last <= longest or not self._market_is_open():
            return
        ended = self._runtime.clock.now()
        self._open_gap(Gap(ended - timedelta(seconds=now - last), ended, "silence"), received_ns)

    def _buffer_ticks(self, seen: TicksSeen, received_ns: int) -> None:
        self._notice_silence(received_ns)
        try:
            self._buffer.add(seen)
        except BufferFullError:
            self._runtime.telemetry.record("tick_buffer_full", ticks=len(self._buffer))
            raise
        finally:
            self._ticks_came.set()

    def _report(self, report: SessionReport) -> None:
        self._runtime.telemetry.record(report.event, **report.fields)
        if report.event == "feed_disconnected":
            if self._lost is None and report.fields.get("state") == SessionState.LIVE:
                seen = self.counts.last_event_at or self._runtime.clock.now()
                self._lost = (seen, report.fields.get("code", "none"))
            self.reconnects += 1
            self._ticks_heard_at = None
            self._liveness.forget()
        elif report.event != "feed_status":
            self._lost = self._lost or (self._runtime.clock.now(), report.event)

    def _gap_until_now(self) -> Gap:
        now = self._runtime.clock.now()
        lost, self._lost = self._lost, None
        if lost is not None:
            return Gap(lost[0], now, lost[1])
        session = session_on(new_york_date(now))
        began = now if session is None else min(session.open, now)
        return Gap(began, now, "start")

    def _put(self, item: _Item) -> None:
        try:
            self._waiting.put_nowait(item)
        except asyncio.QueueFull:
            self._runtime.telemetry.record("feed_buffer_full", frames=_MOST_WAITING)
            raise BufferFullError from None

    def _absorb_ticks(self, seen: TicksSeen, now: datetime, *, is_marked: bool) -> TickDigest:
        lane = self._runtime.ticks
        if not len(seen):
            lane.drain(now)
        tabled = lane.absorb(seen, now=now) if len(seen) else None
        if is_marked:
            lane.desk.mark_gap()
            self._marks_passed += 1
        quotes = {}
        self._quotes_left = self._quotes_left or bool(seen.quotes)
        if self._quotes_left and self._quotes_are_due(now):
            quotes = dict(lane.desk.take_quotes())
            self._quotes_left, self._quotes_taken_at = False, now
        if tabled is None:
            return TickDigest(0, quotes=quotes)
        self._heard(tabled.seen, now)
        return TickDigest(len(seen), parts=tabled.parts, quotes=quotes)

    def _heard(self, symbols: frozenset[str], now: datetime) -> None:
        self.last_seen.update(dict.fromkeys(symbols, now))
        if self._runtime.stall_after_s:
            self._liveness.heard(symbols, self._runtime.monotonic())

    def _quotes_are_due(self, now: datetime) -> bool:
        """At most every 250 ms, and at once while the market's time stands still."""
        last = self._quotes_taken_at
        return last is None or not timedelta(0) < now - last < _QUOTES_EVERY

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

    async def _recover(self, lives: Sequence[_Live]) -> None:
        telemetry, live = self._runtime.telemetry, lives[-1]
        telemetry.record("feed_live", unacknowledged=list(live.unacknowledged))
        before = self._ingest.counts.recovered
        done = await self._thread.until_done(
            lambda: self._recovery(live.received_ns), tries=_RECOVERY_TRIES, still=lambda: True
        )
        if not done:
            # live bars are worth more than a complete past; the next connection tries again
            telemetry.record("gap_left_open", tries=_RECOVERY_TRIES)
        self._recoveries -= len(lives)
        bars = self._ingest.counts.recovered - before
        for each in lives:
            self.gaps_found += each.gap.reason != "start"
            await self.gaps.take(each.gap, bars=bars)

    def _recovery(self, received_ns: int) -> bool:
        self._ingest.recover(self._runtime.clock.now(), received_ns=received_ns)
        return True

    def _new_thread(self, name: str) -> PatientThread:
        return PatientThread(name, draw=self._runtime.draw, telemetry=self._runtime.telemetry)

    def _done(self, items: Sequence[_Item]) -> None:
        self.counts = replace(self._ingest.counts)
        self._next_due = self._ingest.next_due()
        for item in items:
            if isinstance(item, _Tick):
                self._tick_is_waiting = False
                self.clock_seen = max(item.now, self.clock_seen)

    def _market_is_open(self) -> bool:
        return session_at(self._runtime.clock.now()) is not None
