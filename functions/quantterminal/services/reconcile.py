"""Our books against the broker's, each minute, at start and after every reconnect.

Facts that we missed are imported from the broker's own rows, each once. What is still different
then is never explained away: the symbol may only be reduced, and a person is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from quantterminal.domain.events import EventName
from quantterminal.domain.halts import HaltCode
from quantterminal.domain.money import CENT
from quantterminal.domain.orders import OrderEvent, OrderUpdate
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.broker import BrokerBooks, BrokerFill, OrderGateway
from quantterminal.ports.ledger import AccountLedger, Books
from quantterminal.ports.state import WorkingState
from quantterminal.services.apply_update import UpdateRuntime, apply_update
from quantterminal.services.halting import HaltDesk
from quantterminal.services.working_state import load_state, rebuild_state

JOURNAL_KIND = "reconcile"
_FIRST_LOOK_BACK = timedelta(days=7)
_OVERLAP = timedelta(minutes=15)
_PASSES = 2  # a fill between two reads looks like a difference, but not twice


@dataclass(frozen=True, slots=True)
class ReconcileRuntime:
    books: BrokerBooks
    gateway: OrderGateway
    accounts: AccountLedger
    updates: UpdateRuntime
    halts: HaltDesk


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What one pass found: `imported` facts, and differences that are left, by symbol.

    A difference is (ours, the broker's) in shares; `cash` likewise in dollars, None when equal.
    """

    imported: int
    positions: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    cash: tuple[Decimal, Decimal] | None = None

    @property
    def agrees(self) -> bool:
        return not self.positions and self.cash is None


def import_facts(*, runtime: ReconcileRuntime) -> int:
    """Read what the broker recorded since the last pass into the ledger; how much was new.

    Orders that work in our books but are in neither of the broker's lists are asked for one by
    one. This alone is what a reconnected stream needs before orders may leave again.
    """
    account = runtime.updates.trading.account
    now = runtime.updates.clock.now()
    last = runtime.accounts.last_noted(account, JOURNAL_KIND)
    since = (now if last is None else last) - (_FIRST_LOOK_BACK if last is None else _OVERLAP)
    orders = {each.broker_order_id: each for each in runtime.books.orders_since(since)}
    orders |= {each.broker_order_id: each for each in runtime.books.open_orders()}
    fills = list(runtime.books.fills_since(since))
    orders |= _missing(orders, runtime)
    known = runtime.updates.orders.known(account, since - _OVERLAP)
    imported = 0
    for fill in fills:
        order = orders.get(fill.broker_order_id)
        booked = (fill.broker_order_id, fill.execution.cumulative) in known.fills
        if order is not None and not booked:
            imported += _import(_with_fill(order, fill), runtime)
    for order in orders.values():
        if known.orders.get(order.client_order_id) != (order.status, order.filled_quantity):
            imported += _import(order, runtime)
    runtime.accounts.note(
        account, kind=JOURNAL_KIND, ref="broker", payload={"imported": str(imported)}, at=now
    )
    return imported


def reconcile(*, runtime: ReconcileRuntime) -> Reconciliation:
    """One complete pass; halts what it cannot explain. A second pass changes nothing."""
    imported = 0
    result = Reconciliation(0)
    for _ in range(_PASSES):
        imported += import_facts(runtime=runtime)
        result = _compare(runtime, imported)
        if result.agrees:
            break
    _repair_state(runtime)
    for symbol, (ours, theirs) in result.positions.items():
        _report(runtime, f"symbol:{symbol}", f"{symbol}: we hold {ours}, the broker {theirs}")
    if result.cash is not None:
        ours, theirs = result.cash
        runtime.halts.announcer.announce(
            EventName.RECONCILE_FAILED,
            f"cash: we count {ours}, the broker {theirs}",
            ref=f"cash:{runtime.updates.clock.now().isoformat()}",
        )
    return result


def _missing(
    listed: Mapping[str, OrderUpdate], runtime: ReconcileRuntime
) -> dict[str, OrderUpdate]:
    working = runtime.updates.orders.working_orders(runtime.updates.trading.account)
    asked = [
        runtime.gateway.find(each.client_order_id)
        for each in working
        if each.broker_order_id is not None and each.broker_order_id not in listed
    ]
    return {each.broker_order_id: each for each in asked if each is not None}


def _import(update: OrderUpdate, runtime: ReconcileRuntime) -> int:
    applied = apply_update(update, source="rest", runtime=runtime.updates)
    return int(applied.changed)


def _with_fill(order: OrderUpdate, fill: BrokerFill) -> OrderUpdate:
    return OrderUpdate(
        client_order_id=order.client_order_id,
        broker_order_id=order.broker_order_id,
        event=OrderEvent.SNAPSHOT,
        status=order.status,
        symbol=order.symbol,
        side=order.side,
        quantity=order.quantity,
        limit_price=order.limit_price,
        filled_quantity=order.filled_quantity,
        filled_average_price=order.filled_average_price,
        at=order.at,
        execution=fill.execution,
    )


def _compare(runtime: ReconcileRuntime, imported: int) -> Reconciliation:
    account = runtime.updates.trading.account
    theirs = runtime.books.positions()
    cash = runtime.books.account().cash
    books = runtime.accounts.books(account)
    ours: dict[str, Decimal] = {}
    for (_, symbol), position in books.positions.items():
        ours[symbol] = ours.get(symbol, Decimal(0)) + position.quantity
    zero = Decimal(0)
    different = {
        symbol: (ours.get(symbol, zero), theirs.get(symbol, zero))
        for symbol in sorted(ours.keys() | theirs.keys())
        if ours.get(symbol, zero) != theirs.get(symbol, zero)
    }
    drift = abs(books.account.cash - cash) >= CENT
    return Reconciliation(imported, different, (books.account.cash, cash) if drift else None)


def _repair_state(runtime: ReconcileRuntime) -> None:
    """The working state must equal the ledger; where it does not, the ledger is right."""
    account = runtime.updates.trading.account
    state = runtime.updates.state
    found = load_state(account, state=state, accounts=runtime.accounts)
    if _shown(found) != _recorded(runtime.accounts.books(account)):
        runtime.updates.telemetry.record("WorkingStateRebuilt", account=account)
        rebuild_state(account, state=state, accounts=runtime.accounts)


def _shown(state: WorkingState) -> tuple[object, ...]:
    return (
        state.generation,
        state.cash,
        {key: position.quantity for key, position in state.positions.items()},
        {key: reservation.quantity for key, reservation in state.reserved.items()},
        dict(state.levels),
    )


def _recorded(books: Books) -> tuple[object, ...]:
    return (
        books.account.generation,
        books.account.cash,
        {key: position.quantity for key, position in books.positions.items()},
        {key: reservation.quantity for key, reservation in books.reservations.items()},
        {halt.scope: halt.level for halt in books.halts},
    )


def _report(runtime: ReconcileRuntime, scope: str, text: str) -> None:
    halted = runtime.halts.raise_halt(
        scope, HaltLevel.REDUCE_ONLY, code=HaltCode.RECONCILE, reason=text, actor="reconcile"
    )
    if halted:
        runtime.halts.announcer.announce(
            EventName.RECONCILE_FAILED,
            text,
            ref=f"{scope}:{runtime.updates.clock.now().isoformat()}",
        )
