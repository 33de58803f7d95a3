"""Trades and quotes on their way from the wire to the store, by the batch.

An event is an object once, as the decoder makes it; from the desk on it is a row of a column table
(`Rows`, a numpy record array with the fields of `TRADE_FIELDS` or `QUOTE_FIELDS`). Nothing of the
layers that decide looks into one, so that they need no numpy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from quantterminal.ports.watermarks import Quote

TRADE_FIELDS = (
    ("at_ms", "i8"),
    ("sequence", "i8"),
    ("price", "f8"),
    ("size", "f8"),
    ("conditions", "i8"),
    ("symbol", "i4"),
    ("exchange", "i2"),
    ("tape", "i2"),
    ("trf", "i2"),
    ("correction", "i2"),
)
"""`at_ms` is the tape's time in milliseconds since the epoch, `conditions` a mask with one bit an
id (the last one for all from 63 on), `symbol` the place in the batch's `symbols`, `correction` the
vendor's code, 0 where there is none."""

QUOTE_FIELDS = (
    ("at_ms", "i8"),
    ("sequence", "i8"),
    ("bid", "f8"),
    ("ask", "f8"),
    ("bid_size", "i4"),
    ("ask_size", "i4"),
    ("symbol", "i4"),
    ("bid_exchange", "i2"),
    ("ask_exchange", "i2"),
    ("tape", "i2"),
)


class TradeTick(Protocol):
    """A print as decoded: dollars, shares; `conditions` are ids of the vendor's table."""

    symbol: str
    at_ms: float
    sequence: float
    price: float
    size: float
    conditions: tuple[float, ...]
    exchange: float
    tape: float
    trf: float
    correction: float


class QuoteTick(Protocol):
    """A best bid and offer as decoded; a side that is missing has the price 0."""

    symbol: str
    at_ms: float
    sequence: float
    bid: float
    ask: float
    bid_size: float
    ask_size: float
    bid_exchange: float
    ask_exchange: float
    tape: float


class Rows(Protocol):
    """A column table, oldest arrival first."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any) -> Any: ...

    def tobytes(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class TickBatch:
    """What is stored in one transaction. `number` grows from batch to batch of a lane, across
    restarts, so that one whose fate is unknown can be offered again. Of one that is `only_missing`
    those trades are stored that are not there yet.
    """

    number: int
    symbols: Sequence[str]
    trades: Rows
    quotes: Rows
    only_missing: bool = False

    def __len__(self) -> int:
        return len(self.trades) + len(self.quotes)


@dataclass(frozen=True, slots=True)
class MinutePart:
    """What a batch adds to one minute of one symbol, under the rules of the trade conditions.

    `first` and `last` are the prices that may open and close it, None where none may; `high` and
    `low` likewise. `trades` counts the prints that count as volume.
    """

    symbol: str
    start: datetime
    first: float | None
    high: float | None
    low: float | None
    last: float | None
    volume: float
    turnover: float
    trades: int


@dataclass(frozen=True, slots=True)
class RefusedTick:
    """A row that is no trade or quote: `code` is stable, `raw` is the row as JSON."""

    symbol: str
    code: str
    raw: str


@dataclass(frozen=True, slots=True)
class Tabled:
    """What the desk made of some events.

    `batch` is to be appended, `doubtful` (numbered at or below what has been seen) only where it is
    not stored yet. `seen` are the symbols that there was news of.
    """

    batch: TickBatch
    doubtful: TickBatch | None = None
    parts: Sequence[MinutePart] = ()
    refused: Sequence[RefusedTick] = ()
    seen: frozenset[str] = frozenset()


class TickDesk(Protocol):
    """Turns decoded events into column tables, and remembers what was last seen of each symbol."""

    def table(
        self,
        trades: Sequence[TradeTick],
        quotes: Sequence[QuoteTick],
        *,
        now: datetime,
        number: int,
    ) -> Tabled: ...

    def table_history(self, trades: Sequence[TradeTick], *, now: datetime, number: int) -> Tabled:
        """Prints that the vendor gave again, oldest first: those before what the stream brought
        since the last `mark_gap`. They change no minute.
        """
        ...

    def mark_gap(self) -> None:
        """The connection was lost before what comes next."""
        ...

    def take_quotes(self) -> Mapping[str, Quote]:
        """The newest two-sided quote of each symbol that has a new one since the last call."""
        ...

    def last_trade_ms(self, symbol: str) -> int | None:
        """The tape's time of the last print before the last gap, None when there was none."""
        ...

    def committed(self, batch: TickBatch, now: datetime) -> None:
        """The batch is stored at that market time: for the figures alone."""
        ...

    def take_lags(self) -> Mapping[str, float]:
        """`received_p50`, `received_p99`, `committed_p50`, `committed_p99`: milliseconds since the
        tape's time, of what came since the last call; empty when nothing came.
        """
        ...


class TickStore(Protocol):
    def store(self, batch: TickBatch) -> int:
        """Store a batch; the rows that are there now because of it.

        One whose number is not above the last stored one changes nothing, but for an
        `only_missing` one: of that the trades are looked up by symbol, time and sequence.
        Raises RetryableError or AmbiguousError: offer it again, under its number.
        """
        ...

    def fence(self, token: int) -> None:
        """The writer's fencing token: a batch under a lower one than the last raises
        PermanentError.
        """
        ...

    def last_trade_ms(self, symbol: str) -> int | None:
        """The tape's time of the newest print that is stored, None when there is none."""
        ...

    def refuse(self, refused: Sequence[RefusedTick], *, at: datetime) -> None:
        """Record rows that were refused, each once."""
        ...


class MissingTrades(Protocol):
    def store_missing(self, symbol: str, trades: Sequence[TradeTick]) -> int:
        """Store prints of a symbol where none of their time and sequence is there; how many were
        missing. Doing it again stores nothing. Raises RetryableError or AmbiguousError.
        """
        ...


class Spool(Protocol):
    """Batches on disk, in order, while the store is away. Survives the process."""

    @property
    def is_empty(self) -> bool: ...

    @property
    def size_bytes(self) -> int: ...

    def put(self, batch: TickBatch) -> None:
        """Keep a batch behind the others. Raises OSError when the disk refuses it."""
        ...

    def first(self) -> TickBatch | None:
        """The oldest batch, None when there is none."""
        ...

    def drop_first(self) -> None:
        """The oldest batch is stored."""
        ...


@dataclass(frozen=True, slots=True)
class TicksSeen:
    """Trades and quotes of some frames, each kind in its order."""

    trades: Sequence[TradeTick] = field(default_factory=list)
    quotes: Sequence[QuoteTick] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.trades) + len(self.quotes)


@dataclass(frozen=True, slots=True)
class TickDigest:
    """What the layers that decide are told of some ticks: how many there were, what they add to
    their minutes, and the newest quotes.
    """

    events: int
    parts: Sequence[MinutePart] = ()
    quotes: Mapping[str, Quote] = field(default_factory=dict)
