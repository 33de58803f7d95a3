"""The stored tape, the spool, the lease and the gap log in memory, for tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.ports.lease import OpenGap
from quantterminal.ports.ticks import RefusedTick, Rows, TickBatch


class MemoryTickStore:
    """Satisfies `ports.ticks.TickStore`. While `is_down` nothing is stored; `trades` are
    (symbol, at_ms, sequence, price, size) in the order of their coming.
    """

    def __init__(self) -> None:
        self.is_down = False
        self.number = 0
        self.fenced = self._fence = 0
        self.trades: list[tuple[str, int, int, float, float]] = []
        self.quotes: list[tuple[str, int, int, float, float]] = []
        self.refused: list[RefusedTick] = []

    def fence(self, token: int) -> None:
        self._fence = token

    def last_trade_ms(self, symbol: str) -> int | None:
        self._need_to_be_up()
        return max((at for name, at, *_ in self.trades if name == symbol), default=None)

    def store(self, batch: TickBatch) -> int:
        self._need_to_be_up()
        names = batch.symbols
        trades = _rows(batch.trades, names, ("price", "size"))
        if batch.only_missing:
            known = {each[:3] for each in self.trades}
            missing = {each[:3]: each for each in trades if each[:3] not in known}
            self.trades += missing.values()
            return len(missing)
        if self._fence < self.fenced:
            raise PermanentError(f"Expected a fence of {self.fenced}, was {self._fence}")
        if batch.number <= self.number:
            return 0
        self.number, self.fenced = batch.number, self._fence
        self.trades += trades
        self.quotes += _rows(batch.quotes, names, ("bid", "ask"))
        return len(batch)

    def refuse(self, refused: Sequence[RefusedTick], *, at: datetime) -> None:
        del at
        self._need_to_be_up()
        self.refused += refused

    def _need_to_be_up(self) -> None:
        if self.is_down:
            raise RetryableError("The tick store is down")


def _rows(
    rows: Rows, names: Sequence[str], values: tuple[str, str]
) -> list[tuple[str, int, int, float, float]]:
    columns = [rows[name].tolist() for name in ("symbol", "at_ms", "sequence", *values)]
    return [
        (names[symbol], at_ms, sequence, first, second)
        for symbol, at_ms, sequence, first, second in zip(*columns, strict=True)
    ]


class MemorySpool:
    """Satisfies `ports.ticks.Spool`; `bytes_each` is what a batch counts for."""

    def __init__(self, *, bytes_each: int = 1_000) -> None:
        self._bytes_each = bytes_each
        self.batches: list[TickBatch] = []

    @property
    def is_empty(self) -> bool:
        return not self.batches

    @property
    def size_bytes(self) -> int:
        return self._bytes_each * len(self.batches)

    def put(self, batch: TickBatch) -> None:
        self.batches.append(batch)

    def first(self) -> TickBatch | None:
        return self.batches[0] if self.batches else None

    def drop_first(self) -> None:
        del self.batches[:1]


class MemoryFeedLease:
    """Satisfies `ports.lease.FeedLease`, without an end: it is held until it is released."""

    def __init__(self) -> None:
        self.is_down = False
        self.holder: str | None = None
        self.token = 0

    def keep(self, holder: str) -> int | None:
        if self.is_down:
            raise RetryableError("The working state is down")
        if self.holder not in (None, holder):
            return None
        if self.holder is None:
            self.holder, self.token = holder, self.token + 1
        return self.token

    def release(self, holder: str) -> None:
        if self.holder == holder:
            self.holder = None


class MemoryGapLog:
    """Satisfies `ports.lease.GapLog` and `OpenGaps`: `gaps` by their beginning."""

    def __init__(self) -> None:
        self.gaps: dict[datetime, dict[str, Any]] = {}
        self._counts: dict[datetime, tuple[int, int]] = {}

    def found(self, began: datetime, ended: datetime, reason: str) -> None:
        self.gaps[began] = self.gaps.get(began, {}) | {"ended": ended, "reason": reason}

    def filled(self, began: datetime, *, bars: int, trades: int, at: datetime | None) -> None:
        more = self._counts.get(began, (0, 0))
        self._counts[began] = (more[0] + bars, more[1] + trades)
        filled = {"bars": self._counts[began][0], "trades": self._counts[began][1]}
        self.gaps[began] |= filled | ({} if at is None else {"filled_at": at})

    def open_gaps(self, *, since: datetime, until: datetime) -> Sequence[OpenGap]:
        return [
            OpenGap(began, self.gaps[began]["ended"])
            for began in sorted(self.gaps)
            if since <= began < until and "filled_at" not in self.gaps[began]
        ]
