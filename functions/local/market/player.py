"""Plays the timeline: moves the market's clock, lets the broker match, tells the feed.

Either it is stepped from outside, one step at a time with the clock standing still between steps,
or it runs by itself at a multiple of real time with the clock running. The order within a step is
always the same: clock, broker, tape, feed.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.market.bars import instant
from local.market.desk import Desk
from local.market.faults import Faults
from local.market.feed_events import AggregateEvents, Sequences, quote_event, trade_event
from local.market.feed_server import FeedServer
from local.market.price_path import PricePoint
from local.market.tape import Tape
from local.market.timeline import Step, StepKind
from quantterminal.adapters.clock.replay import ReplayClock, ReplayClockWriter

_FLUSH_S = 5.0
_JUMP_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Played:
    """What one step did: `events` made for the feed, `sent` to subscribers, broker `updates`."""

    step: Step
    events: int
    sent: int
    updates: int


@dataclass(frozen=True, slots=True)
class MarketClock:
    """Both ends of the replay clock; `now` is what every other process reads, too."""

    writer: ReplayClockWriter
    reader: ReplayClock

    def now(self) -> datetime:
        return self.reader.now()


class Player:
    """One walk through `steps`; `speed` 0 means stepped, else market seconds per real second."""

    def __init__(
        self,
        steps: Iterator[Step],
        *,
        clock: MarketClock,
        speed: float,
        tape: Tape,
        feed: FeedServer,
        desk: Desk,
        faults: Faults,
    ) -> None:
        self._steps = steps
        self._clock = clock
        self._tape = tape
        self._feed = feed
        self._desk = desk
        self._faults = faults
        self._aggregates = AggregateEvents()
        self._sequences = Sequences()
        self._turn = asyncio.Lock()
        self._running = asyncio.Event()
        self._halted = asyncio.Event()
        self._halted.set()
        self.speed = speed
        self.has_ended = False
        self.bars_played = 0

    async def step(self) -> Played:
        """Plays the next step with the clock standing at its time; for stepped markets."""
        async with self._turn:
            step = self._next()
            if step.kind != "end":
                self._clock.writer.set(instant(step.at_ms), speed=0.0)
            return await self._play(step)

    async def run(self) -> None:
        """Plays everything at `speed`, whenever it is not held."""
        while not self.has_ended:
            step = self._next()
            if step.kind == "idle":
                await self._jump(step)
            elif step.kind != "end":
                await self._reach(instant(step.at_ms))
                await self._play(step)
        self.hold()

    def hold(self) -> None:
        """Stops the clock, and with it everything that would come."""
        self._clock.writer.set(self._clock.now(), speed=0.0)
        self._running.clear()
        self._halted.set()

    def go_on(self) -> None:
        self._clock.writer.set(self._clock.now(), speed=self.speed)
        self._halted.clear()
        self._running.set()

    def _next(self) -> Step:
        step = next(self._steps, None)
        if step is None:
            self.has_ended = True
            return Step(0, "end")
        return step

    async def _reach(self, at: datetime) -> None:
        while True:
            await self._running.wait()
            left_s = (at - self._clock.now()).total_seconds() / self.speed
            if left_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._halted.wait(), left_s)

    async def _jump(self, step: Step) -> None:
        """Other processes need a moment of real time at the mark, or they never see it."""
        await self._running.wait()
        self._clock.writer.set(max(instant(step.at_ms), self._clock.now()), speed=0.0)
        await self._play(step)
        await asyncio.sleep(_JUMP_PAUSE_S)
        await self._running.wait()
        self._clock.writer.set(self._clock.now(), speed=self.speed)

    async def _play(self, step: Step) -> Played:
        before = self._feed.sent
        updates = self._match(step)
        events = self._events(step)
        if not self._is_stalled(step.kind):
            self._feed.publish(events)
        if not self.speed:
            await self._flush()
        return Played(step, len(events), self._feed.sent - before, updates)

    async def _flush(self) -> None:
        """Whoever steps may count on everything having left; time that runs waits for nobody."""
        await self._feed.flush(_FLUSH_S)
        await self._desk.stream.flush(_FLUSH_S)

    def _match(self, step: Step) -> int:
        if step.kind == "end":
            return 0
        return self._desk.on_prices(step.points, instant(step.at_ms))

    def _events(self, step: Step) -> list[dict[str, Any]]:
        self._tape.add_bars(step.bars)
        self.bars_played += len(step.bars)
        events = [event for point in step.points for event in self._print(point)]
        return events + [self._aggregates.event(bar) for bar in step.bars]

    def _print(self, point: PricePoint) -> Iterator[dict[str, Any]]:
        entry = self._sequences.stamped(point)
        self._tape.add_print(entry)
        yield quote_event(entry)
        trade = trade_event(entry)
        if trade is not None:
            yield trade

    def _is_stalled(self, kind: StepKind) -> bool:
        if kind == "minute":
            return self._faults.take("stall_feed")
        return self._faults.is_armed("stall_feed")
