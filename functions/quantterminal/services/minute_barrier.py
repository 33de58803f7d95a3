"""The minute barrier: bars go to the strategies a closed minute at a time, and in order.

When that is stands in `domain.barrier`. A minute in which nothing traded emits nothing. Times are
the market's; nothing here waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from quantterminal.domain.barrier import universe
from quantterminal.domain.bars import Bar
from quantterminal.domain.events import Message, MinuteClosed


@dataclass(slots=True)
class _OpenMinute:
    bars: dict[str, Bar] = field(default_factory=dict)
    revisions: list[Bar] = field(default_factory=list)
    received_ns: int = 0


class MinuteBarrier:
    """The barrier of one shard. `symbols` are all that the shard can report."""

    def __init__(
        self, account: str, symbols: Iterable[str], *, timeout_s: float, shard: int = 0
    ) -> None:
        self._account = account
        self._universe = universe(symbols, timeout_s=timeout_s)
        self.symbols = self._universe.symbols
        self._shard = shard
        self._open: dict[datetime, _OpenMinute] = {}
        self._closed_through: datetime | None = None
        self._published: dict[str, datetime] = {}
        self._first: datetime | None = None

    def resume(self, first: datetime) -> None:
        """Minutes before `first` went out in an earlier life: a bar of them is a revision now."""
        self._first = first if self._first is None else max(first, self._first)

    def offer(self, bar: Bar, *, received_ns: int = 0) -> Sequence[MinuteClosed]:
        """Take the first bar of a minute of one symbol; answers what it closes."""
        if self._closed_through is not None and bar.start <= self._closed_through:
            return [self._late(bar, received_ns)]
        if self._first is not None and bar.start < self._first:
            return [self._late(bar, received_ns)]
        minute = self._open.setdefault(bar.start, _OpenMinute())
        minute.bars.setdefault(bar.symbol, bar)
        minute.received_ns = max(minute.received_ns, received_ns)
        if not self._universe.is_complete(minute.bars):
            return ()
        return self._close_through(bar.start)

    def revise(self, bar: Bar, *, received_ns: int = 0) -> Sequence[MinuteClosed]:
        """Take a correction. It travels with its minute while that is open, else by itself."""
        minute = self._open.get(bar.start)
        if minute is None:
            return [self._only(bar.start, revisions=(bar,), received_ns=received_ns)]
        minute.revisions.append(bar)
        return ()

    def advance(self, now: datetime) -> Sequence[MinuteClosed]:
        """Close what has timed out at market time `now`."""
        due = [
            start
            for start, minute in self._open.items()
            if self._universe.is_closed(start, minute.bars, now=now)
        ]
        return self._close_through(max(due)) if due else ()

    def next_due(self) -> datetime | None:
        """The market time at which `advance` will have something to close."""
        return self._universe.times_out(min(self._open)) if self._open else None

    def _close_through(self, last: datetime) -> Sequence[MinuteClosed]:
        ripe = sorted(start for start in self._open if start <= last)
        return [self._closed(start, self._open.pop(start)) for start in ripe]

    def _closed(self, start: datetime, minute: _OpenMinute) -> MinuteClosed:
        self._closed_through = start
        self._published.update(dict.fromkeys(minute.bars, start))
        return MinuteClosed(
            account=self._account,
            shard=self._shard,
            minute=start,
            bars=tuple(minute.bars[symbol] for symbol in sorted(minute.bars)),
            no_trade=self._universe.without_trade(minute.bars),
            revisions=tuple(sorted(minute.revisions, key=lambda bar: (bar.symbol, bar.revision))),
            received_ns=minute.received_ns,
        )

    def _late(self, bar: Bar, received_ns: int) -> MinuteClosed:
        before_this_life = self._first is not None and bar.start < self._first
        later_is_out = self._published.get(bar.symbol, bar.start) > bar.start
        if before_this_life or later_is_out:
            return self._only(
                bar.start, revisions=(bar,), late=(bar.symbol,), received_ns=received_ns
            )
        self._published[bar.symbol] = bar.start
        return self._only(bar.start, bars=(bar,), late=(bar.symbol,), received_ns=received_ns)

    def _only(
        self,
        minute: datetime,
        *,
        bars: tuple[Bar, ...] = (),
        revisions: tuple[Bar, ...] = (),
        late: tuple[str, ...] = (),
        received_ns: int,
    ) -> MinuteClosed:
        return MinuteClosed(
            account=self._account,
            shard=self._shard,
            minute=minute,
            bars=bars,
            late=late,
            revisions=revisions,
            received_ns=received_ns,
        )


def bars_message(closed: MinuteClosed, *, at: datetime) -> Message:
    """The message of one closed minute; its id follows from what it carries.

    A minute that is published again after a restart may have bars that it had not before.
    """
    minute = closed.minute.isoformat()
    name = f"bars:{closed.account}:{closed.shard}:{minute}"
    if closed.late:
        name += f":late:{'+'.join(closed.late)}"
    elif not closed.bars:
        name += f":revision:{'+'.join(f'{bar.symbol}.{bar.revision}' for bar in closed.revisions)}"
    elif closed.no_trade:
        name += f":without:{sha256('+'.join(closed.no_trade).encode()).hexdigest()[:12]}"
    return Message(id=name, correlation_id=name, causation_id=name, occurred_at=at, payload=closed)
