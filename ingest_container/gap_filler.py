"""Gaps of the tape: logged, and their prints fetched again, beside the market that goes on."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ingest_container.waiting import PatientThread, drained
from quantterminal.domain.errors import PermanentError
from quantterminal.ports.ticks import TradeTick
from quantterminal.services.container_runtime import ContainerRuntime

_MOST_AT_ONCE = 500  # gaps
_FILLED_AT_ONCE = 5_000  # prints
_LOOK_S = 0.010
_CLOCKS_APART = timedelta(seconds=5)  # ours and the tape's


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a connection, in the market's time; `mark` is its place among the ticks."""

    began: datetime
    ended: datetime
    reason: str
    mark: int = 0


class GapFiller:
    """`open` counts gaps that are not filled yet. `marks_passed` is how many marks among the ticks
    the desk has seen.
    """

    def __init__(
        self,
        runtime: ContainerRuntime,
        tick_thread: PatientThread,
        *,
        marks_passed: Callable[[], int],
    ) -> None:
        self._runtime = runtime
        self._tick_thread = tick_thread
        self._thread = PatientThread("history", draw=runtime.draw, telemetry=runtime.telemetry)
        self._marks_passed = marks_passed
        self._gaps: asyncio.Queue[Gap] = asyncio.Queue()
        self.open = 0

    async def take(self, gap: Gap, *, bars: int) -> None:
        """A gap whose bars have been recovered: its prints are next."""
        has_prints = self._runtime.trade_history is not None
        await self._log(gap, bars=bars, is_through=not has_prints)
        if not has_prints:
            self.open -= 1
        else:
            self._gaps.put_nowait(gap)

    async def fill(self) -> None:
        """The filler's task."""
        while True:
            gaps = await drained(self._gaps, most=_MOST_AT_ONCE)
            # what came before the last gap has to be known to the desk: else it is taken for missed
            while self._marks_passed() < gaps[-1].mark:  # noqa: ASYNC110 - passed in another thread
                await asyncio.sleep(_LOOK_S)
            missed = Gap(min(each.began for each in gaps), gaps[-1].ended, gaps[0].reason)
            trades = await self._thread.until_done(partial(self._fill, missed), still=lambda: True)
            await self._log(gaps[0], trades=trades or 0)
            for each in gaps[1:]:
                await self._log(each)
            self.open -= len(gaps)

    def _fill(self, gap: Gap) -> int:
        """Fetch in this thread, keep in the lane's: the lane has one caller only. Doing it again
        after a failure stores nothing twice.
        """
        lane, now, filled = self._runtime.ticks, self._runtime.clock.now(), 0
        for prints in _in_batches(self._missed_prints(gap, now)):
            filled += self._tick_thread.ask(partial(lane.fill, prints, now=now))
        return filled

    def _missed_prints(self, gap: Gap, now: datetime) -> Iterator[Sequence[TradeTick]]:
        history, lane = self._runtime.trade_history, self._runtime.ticks
        if history is None:
            return
        for symbol in self._runtime.trading.symbols:
            last = self._tick_thread.ask(partial(lane.last_trade_at, symbol))
            start = gap.began if last is None else min(last, gap.began)
            try:
                yield from history.trades(symbol, start=start, end=now + _CLOCKS_APART)
            except PermanentError as problem:
                self._runtime.telemetry.record(
                    "trades_left_open", symbol=symbol, problem=str(problem)
                )

    async def _log(
        self, gap: Gap, *, bars: int = 0, trades: int = 0, is_through: bool = True
    ) -> None:
        if not (bars or trades) and gap.reason == "start":
            return
        await self._thread.until_done(
            partial(self._write, gap, bars=bars, trades=trades, is_through=is_through),
            tries=2,
            still=lambda: True,
        )

    def _write(self, gap: Gap, *, bars: int, trades: int, is_through: bool) -> bool:
        at = self._runtime.clock.now() if is_through else None
        self._runtime.gaps.found(gap.began, gap.ended, gap.reason)
        self._runtime.gaps.filled(gap.began, bars=bars, trades=trades, at=at)
        return True


def _in_batches(pages: Iterator[Sequence[TradeTick]]) -> Iterator[list[TradeTick]]:
    """Pages put together until they are worth a transaction."""
    batch: list[TradeTick] = []
    for page in pages:
        batch += page
        if len(batch) >= _FILLED_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
