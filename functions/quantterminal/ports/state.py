"""The working state: fast, versioned and disposable. Absent means: rebuild from the ledger."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.halts import Halt
from quantterminal.domain.orders import Order
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import HaltLevel, Reservation
from quantterminal.ports.ledger import Applied, Books, Holding, Snapshot


@dataclass(frozen=True, slots=True)
class Mark:
    """The close of the last bar seen, dollars, and that bar's end."""

    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkingState:
    """One consistent read of an account. `version` guards every decision made on it."""

    version: int
    generation: int
    cash: Decimal
    day_open_equity: Decimal
    high_water_mark: Decimal
    session_day: date | None
    levels: Mapping[str, HaltLevel]
    positions: Mapping[Holding, Position]
    reserved: Mapping[str, Reservation]
    marks: Mapping[str, Mark] = field(default_factory=dict)

    def net_positions(self) -> dict[str, Decimal]:
        """Signed shares by symbol, summed over strategies."""
        net: dict[str, Decimal] = {}
        for (_, symbol), position in self.positions.items():
            net[symbol] = net.get(symbol, Decimal(0)) + position.quantity
        return net

    def equity(self) -> Decimal | None:
        """Cash plus all positions at their marks; None when a mark is missing."""
        total = self.cash
        for symbol, quantity in self.net_positions().items():
            if not quantity:
                continue
            mark = self.marks.get(symbol)
            if mark is None:
                return None
            total += quantity * mark.price
        return total


class StateStore(Protocol):
    """Optimistic: every write names the version it is based on, or carries a newer one.

    Raises RetryableError when the store cannot be reached.
    """

    def read(self, account: str) -> WorkingState | None:
        """The account's state, None when it is absent or incomplete."""
        ...

    def clear(self, account: str) -> None:
        """Make the state absent, before the books are read that will replace it."""
        ...

    def rebuild(self, account: str, books: Books) -> None:
        """Replace everything by the ledger's books, unless a newer generation is there."""
        ...

    def reserve(
        self, account: str, intent_id: str, *, reservation: Reservation, version: int
    ) -> bool:
        """Reserve exposure for one intent if nothing changed since `version`; else False."""
        ...

    def release(self, account: str, intent_id: str) -> None: ...

    def project(self, account: str, applied: Applied) -> bool:
        """Bring an order, its reservation, its position and the cash up to the ledger's versions.

        Older versions change nothing. False when the state has to be rebuilt: it is absent, or
        another fill is missing in it.
        """
        ...

    def project_order(self, account: str, order: Order) -> bool:
        """The same for an order that no fill came with."""
        ...

    def put_marks(self, account: str, marks: Mapping[str, Mark]) -> None:
        """Keep those that are not older than the ones known."""
        ...

    def raise_high_water(self, account: str, equity: Decimal) -> None:
        """Raise the high-water mark to `equity` when that is above it."""
        ...

    def put_halts(self, account: str, halts: Collection[Halt]) -> None:
        """Replace the halt levels, unless newer ones are there."""
        ...


class SnapshotStore(Protocol):
    """Strategies' states between bars: a cache of the ledger's snapshots."""

    def snapshots(self, account: str, holdings: Collection[Holding]) -> dict[Holding, Snapshot]: ...

    def put_snapshots(self, account: str, snapshots: Mapping[Holding, Snapshot]) -> None:
        """Keep those that have seen a later bar than the stored ones."""
        ...
