"""The order of everything that happens in a market: bars in, timed steps out.

A minute with sound bars inside the regular session has four price steps; every minute ends in a
`minute` step that carries its bars, 50 ms after its end, and a `settle` step at 2 s that moves
nothing but the clock, so that whoever waits for late bars stops waiting. Up to five minutes
without data are walked through; longer ones are jumped over by `idle` steps, which stop at the
close of a session and half an hour after it, because that is when the day's work falls due.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from local.market.bars import MINUTE_MS, RawBar, epoch_ms, instant, minute_of
from local.market.price_path import POINT_OFFSETS_MS, PricePoint, price_points
from quantterminal.domain.sessions import new_york_date, session_on

StepKind = Literal["price", "minute", "settle", "idle", "end"]

LEAD_MS = MINUTE_MS
_PUBLISH_DELAY_MS = 50
_SETTLE_DELAY_MS = 2_000
_LONGEST_WALK = 5
_AFTER_CLOSE = (timedelta(0), timedelta(minutes=30))


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at `at_ms`; `minute_ms` is the minute it belongs to, None for a jump."""

    at_ms: int
    kind: StepKind
    minute_ms: int | None = None
    points: tuple[PricePoint, ...] = ()
    bars: tuple[RawBar, ...] = ()


def timeline(minutes: Iterable[tuple[int, Sequence[RawBar]]]) -> Iterator[Step]:
    """The steps of `minutes` (ascending, in ms), to half an hour after the last close."""
    previous: int | None = None
    for minute_ms, bars in minutes:
        if previous is not None:
            yield from _between(previous, minute_ms)
        yield from _price_steps(minute_ms, bars)
        yield from _minute_end(minute_ms, tuple(bars))
        previous = minute_ms
    if previous is not None:
        yield from _close_marks(previous, before_ms=None)


def _price_steps(minute_ms: int, bars: Sequence[RawBar]) -> Iterator[Step]:
    first_of_symbol: dict[str, RawBar] = {}
    for bar in bars:
        if minute_of(bar.start_ms) == minute_ms and bar.is_sound and bar.is_in_session:
            first_of_symbol.setdefault(bar.symbol, bar)
    paths = [price_points(bar) for bar in first_of_symbol.values()]
    if not paths:
        return
    for index, offset in enumerate(POINT_OFFSETS_MS):
        points = tuple(path[index] for path in paths)
        yield Step(minute_ms + offset, "price", minute_ms, points=points)


def _minute_end(minute_ms: int, bars: tuple[RawBar, ...]) -> Iterator[Step]:
    end_ms = minute_ms + MINUTE_MS
    yield Step(end_ms + _PUBLISH_DELAY_MS, "minute", minute_ms, bars=bars)
    yield Step(end_ms + _SETTLE_DELAY_MS, "settle", minute_ms)


def _between(previous_ms: int, next_ms: int) -> Iterator[Step]:
    missing = (next_ms - previous_ms) // MINUTE_MS - 1
    if missing <= _LONGEST_WALK:
        for index in range(1, missing + 1):
            yield from _minute_end(previous_ms + index * MINUTE_MS, ())
        return
    target_ms = next_ms - LEAD_MS
    yield from _close_marks(previous_ms, before_ms=target_ms)
    yield Step(target_ms, "idle")


def _close_marks(last_minute_ms: int, *, before_ms: int | None) -> Iterator[Step]:
    session = session_on(new_york_date(instant(last_minute_ms)))
    if session is None or instant(last_minute_ms) < session.open:
        return
    settled_ms = last_minute_ms + MINUTE_MS + _SETTLE_DELAY_MS
    for delay in _AFTER_CLOSE:
        at_ms = epoch_ms(session.close + delay)
        if settled_ms < at_ms and (before_ms is None or at_ms < before_ms):
            yield Step(at_ms, "idle")
