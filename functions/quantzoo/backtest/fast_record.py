"""What the fast engine keeps of a run, in numbers, and what it needs to run a stretch again."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from quantterminal.domain.halts import Halt
from quantterminal.domain.risk import DenialCode
from quantzoo.backtest.fast_rules import Order
from quantzoo.backtest.fast_tally import FastTally
from quantzoo.backtest.lanes import ENTER, LEAVE

Changes = tuple[Any, Any]  # rows, and what is added at each


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rules saw when they denied an order: enough to ask the live ones again."""

    row: int
    equity: int
    net: tuple[int, ...]
    held: tuple[int, ...]
    reserved: tuple[Order, ...]
    recent: tuple[Order, ...]
    stops: tuple[Halt, ...]


class Pages(Protocol):
    """What an engine kept as arrays."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """Signals, intents, fills."""
        ...

    def write(self, record: "Record") -> None:
        """As the lists that other runs keep."""
        ...


@dataclass(frozen=True, slots=True)
class Booked:
    """The orders of a lane that was alone: `rows` of the signals, 1 or -1, limits; `at` rows of the
    fills, their prices, and what was paid.
    """

    symbol: int
    shares: int
    rows: Any
    sides: Any
    limits: Any
    at: Any
    prices: Any
    paid: Any

    @property
    def counts(self) -> tuple[int, int, int]:
        return len(self.rows), len(self.rows), len(self.at)

    def changes(self) -> tuple[Changes, dict[int, Changes]]:
        turned = self.sides[: len(self.at)].astype(np.int64) * self.shares
        return (self.at, -self.paid), {self.symbol: (self.at, turned)}

    def write(self, record: "Record") -> None:
        sides = self.sides.tolist()
        rows = zip(self.rows.tolist(), sides, self.limits.tolist(), strict=True)
        for number, (row, side, limit) in enumerate(rows):
            cause, direction = (ENTER, 1) if side > 0 else (LEAVE, 0)
            record.signals.append((row, 0, cause, direction))
            record.intents.append((number, side, self.shares, limit, None))
        fills = zip(self.at.tolist(), self.prices.tolist(), strict=True)
        record.fills += [(number, row, price) for number, (row, price) in enumerate(fills)]


@dataclass(slots=True)
class Record:
    """What happened, in numbers. Signals are (row, lane, cause, direction), intents (signal, side,
    quantity, limit, denial), fills (intent, row, price); `stops` what was halted from which signal
    on.
    """

    signals: list[tuple[int, int, int, int]] = field(default_factory=list)
    intents: list[tuple[int, int, int, int, DenialCode | None]] = field(default_factory=list)
    fills: list[tuple[int, int, int]] = field(default_factory=list)
    late_denials: list[DenialCode] = field(default_factory=list)
    rejections: list[str] = field(default_factory=list)
    stops: list[tuple[int, tuple[Halt, ...]]] = field(default_factory=list)
    booked: Pages | None = None

    def unfold(self) -> None:
        """Turn what was booked at once into lists."""
        if self.booked is not None and not self.signals:
            self.booked.write(self)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Signals, intents, fills."""
        if self.booked is not None:
            return self.booked.counts
        return len(self.signals), len(self.intents), len(self.fills)

    def lengths(self) -> tuple[int, ...]:
        return tuple(len(each) for each in self._lists())

    def cut(self, lengths: tuple[int, ...]) -> None:
        for each, length in zip(self._lists(), lengths, strict=True):
            del each[length:]

    def _lists(self) -> tuple[list[Any], ...]:
        return (
            self.signals,
            self.intents,
            self.fills,
            self.late_denials,
            self.rejections,
            self.stops,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """The account as it was before a stretch; `rest` is what else the engine puts back."""

    cash: int
    net: tuple[int, ...]
    stops: dict[str, Halt]
    halts: int
    lengths: tuple[int, ...]
    rest: Any


@dataclass(frozen=True, slots=True)
class Rest:
    """Of the engine in plain Python."""

    held: tuple[int, ...]
    entered: tuple[int, ...]
    recent: tuple[Order, ...]
    tallies: dict[str, FastTally]
    day_open: int
    pending: tuple[Order, ...]
    lanes: tuple[Any, ...]
