"""The working state in dictionaries, for tests: the steps of the real store, each atomic.

A read takes two steps there, and something may come in between; `between` is called then.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import Halt
from quantterminal.domain.orders import Order
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import HaltLevel, Reservation
from quantterminal.ports.ledger import Applied, Books, Holding, Snapshot
from quantterminal.ports.state import Mark, WorkingState


@dataclass(slots=True)
class StoredState:
    """What the store holds of one account. Without `cash` it counts as gone."""

    version: int | None = None
    generation: int | None = None
    account_version: int = 0
    cash: Decimal | None = None
    day_open_equity: Decimal = Decimal(0)
    high_water_mark: Decimal | None = None
    session_day: date | None = None
    epoch: int = -1
    levels: dict[str, HaltLevel] = field(default_factory=dict)
    reserved: dict[str, Reservation] = field(default_factory=dict)
    held: dict[Holding, None] = field(default_factory=dict)
    positions: dict[Holding, Position] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    snapshots: dict[Holding, Snapshot] = field(default_factory=dict)

    def changed(self) -> None:
        self.version = (self.version or 0) + 1

    def copy(self) -> "StoredState":
        return replace(
            self,
            levels=dict(self.levels),
            reserved=dict(self.reserved),
            held=dict(self.held),
            positions=dict(self.positions),
            orders=dict(self.orders),
            marks=dict(self.marks),
            snapshots=dict(self.snapshots),
        )


class MemoryStateStore:
    """Satisfies `ports.state.StateStore` and `SnapshotStore`.

    While `is_down`, nothing can be read or written. `flush` forgets everything; `kept` and
    `roll_back` are a replica that takes over with what it had.
    """

    def __init__(self, *, between: Callable[[], None] = lambda: None) -> None:
        self.is_down = False
        self._between = between
        self._accounts: dict[str, StoredState] = {}

    def flush(self) -> None:
        self._accounts = {}

    def kept(self) -> dict[str, StoredState]:
        """A copy of everything as it is now."""
        return {account: stored.copy() for account, stored in self._accounts.items()}

    def roll_back(self, kept: Mapping[str, StoredState]) -> None:
        """Everything is again as it was when it was `kept`."""
        self._accounts = {account: stored.copy() for account, stored in kept.items()}

    def read(self, account: str) -> WorkingState | None:
        stored = self._of(account)
        cash, held = stored.cash, sorted(stored.held)
        if cash is None:
            return None
        first = WorkingState(
            version=stored.version or 0,
            generation=stored.generation or 0,
            cash=cash,
            day_open_equity=stored.day_open_equity,
            high_water_mark=stored.high_water_mark or Decimal(0),
            session_day=stored.session_day,
            levels=dict(stored.levels),
            positions={},
            reserved=dict(stored.reserved),
            marks=dict(stored.marks),
        )
        self._between()
        positions = self._of(account).positions
        if not all(holding in positions for holding in held):
            return None
        return replace(first, positions={holding: positions[holding] for holding in held})

    def clear(self, account: str) -> None:
        stored = self._of(account)
        if stored.cash is not None:
            stored.cash = None
            stored.changed()

    def rebuild(self, account: str, books: Books) -> None:
        stored = self._of(account)
        if stored.generation is None or stored.generation < books.account.generation:
            _fill(stored, books)
        # a mark that the books have no more is void, of before a split; a later one is not
        newest = max((at for _, at in books.marks.values()), default=None)
        for symbol, mark in list(stored.marks.items()):
            if symbol not in books.marks and (newest is None or mark.at <= newest):
                del stored.marks[symbol]
        self._between()
        marks = {symbol: Mark(price, at) for symbol, (price, at) in books.marks.items()}
        self.put_marks(account, marks)

    def reserve(
        self, account: str, intent_id: str, *, reservation: Reservation, version: int
    ) -> bool:
        stored = self._of(account)
        if stored.version != version:
            return False
        stored.reserved[intent_id] = reservation
        stored.changed()
        return True

    def release(self, account: str, intent_id: str) -> None:
        stored = self._of(account)
        if stored.reserved.pop(intent_id, None) is not None and stored.cash is not None:
            stored.changed()

    def project(self, account: str, applied: Applied) -> bool:
        return self._project(account, applied.order, applied)

    def project_order(self, account: str, order: Order) -> bool:
        return self._project(account, order, None)

    def put_marks(self, account: str, marks: Mapping[str, Mark]) -> None:
        known = self._of(account).marks
        for symbol, mark in marks.items():
            if symbol not in known or known[symbol].at <= mark.at:
                known[symbol] = mark

    def raise_high_water(self, account: str, equity: Decimal) -> None:
        stored = self._of(account)
        if stored.high_water_mark is not None and equity > stored.high_water_mark:
            stored.high_water_mark = equity

    def put_halts(self, account: str, halts: Collection[Halt]) -> None:
        stored = self._of(account)
        epoch = max((halt.epoch for halt in halts), default=0)
        if epoch >= stored.epoch:
            stored.epoch = epoch
            stored.levels = {halt.scope: halt.level for halt in halts}
            stored.changed()

    def snapshots(self, account: str, holdings: Collection[Holding]) -> dict[Holding, Snapshot]:
        known = self._of(account).snapshots
        return {holding: known[holding] for holding in holdings if holding in known}

    def put_snapshots(self, account: str, snapshots: Mapping[Holding, Snapshot]) -> None:
        known = self._of(account).snapshots
        for holding, each in snapshots.items():
            if holding not in known or known[holding].last_bar < each.last_bar:
                known[holding] = each

    def _of(self, account: str) -> StoredState:
        if self.is_down:
            raise RetryableError("The working state is not reachable", retry_after_s=1.0)
        return self._accounts.setdefault(account, StoredState())

    def _project(self, account: str, order: Order, applied: Applied | None) -> bool:
        stored = self._of(account)
        if stored.cash is None:
            return False
        position = None if applied is None else applied.position
        if applied is not None and position is not None:
            expected = stored.account_version + (applied.fill is not None)
            if applied.account.version > expected:
                return False
        changed = _show_order(stored, order)
        if applied is not None and position is not None:
            holding = (order.strategy, order.symbol)
            changed |= _show_position(stored, holding, position)
            changed |= _show_cash(stored, applied)
        if changed:
            stored.changed()
        return True


def _fill(stored: StoredState, books: Books) -> None:
    account = books.account
    stored.reserved = dict(books.reservations)
    stored.held = dict.fromkeys(books.positions)
    stored.positions |= books.positions
    stored.generation = account.generation
    stored.account_version = account.version
    stored.cash = account.cash
    stored.day_open_equity = account.day_open_equity
    stored.high_water_mark = account.high_water_mark
    stored.session_day = account.session_day
    if account.halt_epoch >= stored.epoch:
        stored.epoch = account.halt_epoch
        stored.levels = {halt.scope: halt.level for halt in books.halts}
    stored.changed()


def _show_order(stored: StoredState, order: Order) -> bool:
    if order.version <= stored.orders.get(order.client_order_id, 0):
        return False
    stored.orders[order.client_order_id] = order.version
    intent = order.intent_id or order.client_order_id
    if order.exposure:
        stored.reserved[intent] = Reservation(
            order.strategy, order.symbol, order.side, order.exposure, order.limit_price
        )
    else:
        stored.reserved.pop(intent, None)
    return True


def _show_position(stored: StoredState, holding: Holding, position: Position) -> bool:
    known = stored.positions.get(holding)
    if position.version <= (0 if known is None else known.version):
        return False
    stored.positions[holding] = position
    stored.held[holding] = None
    return True


def _show_cash(stored: StoredState, applied: Applied) -> bool:
    if applied.account.version <= stored.account_version:
        return False
    stored.account_version = applied.account.version
    stored.cash = applied.account.cash
    return True
