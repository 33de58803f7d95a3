"""The lane of the ticks: desk, store, and the spool beside it while the store is away.

Nothing here waits for the store: what it does not take goes to disk, behind what is there already,
and is offered again in order. Trades are never thinned; quotes are, where the spool grows long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from quantterminal.domain.errors import AmbiguousError, RetryableError
from quantterminal.ports.clock import Clock
from quantterminal.ports.telemetry import Telemetry
from quantterminal.ports.ticks import (
    RefusedTick,
    Spool,
    Tabled,
    TickBatch,
    TickDesk,
    TicksSeen,
    TickStore,
    TradeTick,
)

_AGAIN_NS = 500_000_000
_DRAINED_AT_ONCE = 8
_NS_PER_US = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class TickCounts:
    """Rows since the process started. `thinned` are quotes that were left out under pressure,
    `repeated` prints that were stored already.
    """

    trades: int = 0
    quotes: int = 0
    stored: int = 0
    spooled: int = 0
    thinned: int = 0
    refused: int = 0
    repeated: int = 0
    filled: int = 0


class TickLane:
    """Not thread-safe: one worker calls it. `quotes_up_to` are bytes of spool."""

    def __init__(
        self,
        desk: TickDesk,
        store: TickStore,
        spool: Spool,
        *,
        clock: Clock,
        telemetry: Telemetry,
        quotes_up_to: int = 512 * 1024 * 1024,
    ) -> None:
        self.desk = desk
        self._store = store
        self._spool = spool
        self._clock = clock
        self._telemetry = telemetry
        self._quotes_up_to = quotes_up_to
        self._number = 0
        self._again_ns = 0
        self.counts = TickCounts()

    @property
    def is_behind(self) -> bool:
        """Whether there is something on disk that the store has not taken."""
        return not self._spool.is_empty

    @property
    def spooled_bytes(self) -> int:
        return self._spool.size_bytes

    def fence(self, token: int) -> None:
        """From now on batches are of the holder of that token: older holders' are refused."""
        self._store.fence(token)

    def last_trade_at(self, symbol: str) -> datetime | None:
        """The tape's time of the last print before the last gap, in this life or an earlier one.

        Raises RetryableError.
        """
        at_ms = self.desk.last_trade_ms(symbol) or self._store.last_trade_ms(symbol)
        return None if at_ms is None else _EPOCH + timedelta(milliseconds=at_ms)

    def absorb(self, seen: TicksSeen, *, now: datetime) -> Tabled:
        """Table and keep what came, at market time `now`."""
        tabled = self.desk.table(seen.trades, seen.quotes, now=now, number=self._next_number())
        self.counts.trades += len(seen.trades)
        self.counts.quotes += len(seen.quotes)
        self._refuse(tabled.refused, now)
        self._keep(tabled.batch, now)
        if tabled.doubtful is not None:
            self._keep(replace(tabled.doubtful, number=self._next_number()), now)
        return tabled

    def fill(self, trades: Sequence[TradeTick], *, now: datetime) -> int:
        """Keep prints that were missed and that the vendor gave again; how many were missing.

        Raises RetryableError while something is on disk: what stands there would be stored twice.
        """
        self.drain(now)
        if self.is_behind:
            raise RetryableError("The tick store is away: a gap is filled when it is back")
        tabled = self.desk.table_history(trades, now=now, number=self._next_number())
        self._refuse(tabled.refused, now)
        filled = self._store.store(tabled.batch)
        self.counts.filled += filled
        self.counts.stored += filled
        return filled

    def drain(self, now: datetime) -> None:
        """Offer what is on disk to the store, oldest first; a part of it at once."""
        for _ in range(_DRAINED_AT_ONCE):
            batch = self._spool.first()
            if batch is None or self._clock.stamp_ns() < self._again_ns:
                return
            if not self._offer(batch, now):
                return
            self._spool.drop_first()

    def _keep(self, batch: TickBatch, now: datetime) -> None:
        if not len(batch):
            return
        self.drain(now)
        if not self.is_behind and self._offer(batch, now):
            return
        if self._spool.size_bytes > self._quotes_up_to and len(batch.quotes):
            self.counts.thinned += len(batch.quotes)
            batch = replace(batch, quotes=batch.quotes[:0])
        self.counts.spooled += len(batch)
        self._spool.put(batch)

    def _offer(self, batch: TickBatch, now: datetime) -> bool:
        try:
            stored = self._store.store(batch)
        except (RetryableError, AmbiguousError) as problem:
            self._again_ns = self._clock.stamp_ns() + _AGAIN_NS
            self._telemetry.record("ticks_not_stored", rows=len(batch), problem=str(problem))
            return False
        self.counts.stored += stored
        if batch.only_missing:
            self.counts.repeated += len(batch) - stored
        self.desk.committed(batch, max(now, self._clock.now()))
        return True

    def _refuse(self, refused: Sequence[RefusedTick], now: datetime) -> None:
        if not refused:
            return
        self.counts.refused += len(refused)
        codes = sorted({each.code for each in refused})
        self._telemetry.record("ticks_refused", rows=len(refused), codes=",".join(codes))
        try:
            self._store.refuse(refused, at=now)
        except (RetryableError, AmbiguousError) as problem:
            self._telemetry.record("refused_ticks_not_kept", problem=str(problem))

    def _next_number(self) -> int:
        """Of the wall clock, so that it grows across restarts."""
        self._number = max(self._number + 1, self._clock.stamp_ns() // _NS_PER_US)
        return self._number
