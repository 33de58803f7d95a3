"""Our books against the broker's, each minute, at start and after every reconnect.

Facts that we missed are imported from the broker's own rows, each once, and every difference gets a
name. What is still different then is never explained away: the symbol may only be reduced, and a
person is told. A second pass finds nothing to do and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from quantterminal.domain.activities import ActivityKind, grouped
from quantterminal.domain.errors import CredentialsError
from quantterminal.domain.events import EventName
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.money import CENT
from quantterminal.domain.orders import OrderUpdate
from quantterminal.domain.plausibility import SAMPLES, contradiction
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.broker import BrokerAccount, BrokerBooks, BrokerFill, OrderGateway
from quantterminal.ports.broker_record import BrokerRecord
from quantterminal.ports.ledger import AccountLedger, Books
from quantterminal.ports.state import WorkingState
from quantterminal.services.apply_update import UpdateRuntime, apply_update
from quantterminal.services.halting import HaltDesk
from quantterminal.services.watch_invariants import watch_ages, watch_invariants
from quantterminal.services.working_state import load_state, rebuild_state

JOURNAL_KIND = "reconcile"
COMPLETE_KIND = "reconcile.complete"
"""Noted at the end of every complete pass: the heartbeat that execution looks at."""
_IMPLAUSIBLE_KIND, _PLAUSIBLE_KIND = "snapshot.implausible", "snapshot.plausible"
_FIRST_LOOK_BACK = timedelta(days=7)
_ACTIVITIES_LOOK_BACK = timedelta(days=7)  # they are dated by day and may be posted days later
_OVERLAP = timedelta(minutes=15)
_PASSES = 2  # a fill between two reads looks like a difference, but not twice
_DELIVERED_WITHIN = timedelta(seconds=5)  # a younger fill may still be on its way to us
_CASH_THAT_HALTS = Decimal(50)
_SKEW_THAT_HALTS_S = 10.0


@dataclass(frozen=True, slots=True)
class ReconcileRuntime:
    books: BrokerBooks
    gateway: OrderGateway
    accounts: AccountLedger
    record: BrokerRecord
    updates: UpdateRuntime
    halts: HaltDesk


class Found(StrEnum):
    """What a difference turned out to be; the first four are imported, the others are left."""

    MISSED_FILL = "missed fill"
    MISSED_UPDATE = "missed update"
    EXTERNAL_ORDER = "external order"
    ACTIVITY = "activity"
    UNKNOWN_ACTIVITY = "unknown activity"
    UNKNOWN_POSITION = "unknown position"
    UNKNOWN_CASH = "unknown cash"
    IMPLAUSIBLE_SNAPSHOT = "implausible snapshot"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between our books and the broker's, with its name."""

    found: Found
    ref: str
    text: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What one pass found: `imported` facts, and differences that are left, by symbol.

    A difference is (ours, the broker's) in shares; `cash` likewise in dollars, None when equal.
    `implausible` says why the broker's snapshot was not believed; nothing is compared then.
    `differences` names everything that was found, imported or left. A pass that could not look at
    everything is not `is_complete`.
    """

    imported: int
    positions: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    cash: tuple[Decimal, Decimal] | None = None
    implausible: str = ""
    differences: tuple[Difference, ...] = ()
    is_complete: bool = True

    @property
    def agrees(self) -> bool:
        return not self.positions and self.cash is None and not self.implausible

    @property
    def changed_nothing(self) -> bool:
        """Nothing was imported: the books are what they were before this pass."""
        return self.imported == 0


def import_facts(*, runtime: ReconcileRuntime) -> tuple[Difference, ...]:
    """Read what the broker recorded since the last pass into the ledger; what was new.

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
    imported: list[Difference] = []
    for fill in fills:
        order = orders.get(fill.broker_order_id)
        booked = (fill.broker_order_id, fill.execution.cumulative) in known.fills
        if order is not None and not booked:
            imported += _import(replace(order, execution=fill.execution), runtime)
            _count_missed(fill, runtime)
    for order in orders.values():
        if known.orders.get(order.client_order_id) != (order.status, order.filled_quantity):
            imported += _import(order, runtime)
    runtime.accounts.note(
        account, kind=JOURNAL_KIND, ref="broker", payload={"imported": str(len(imported))}, at=now
    )
    watch_invariants(
        orders.values(),
        since=since - _OVERLAP,
        record=runtime.record,
        accounts=runtime.accounts,
        halts=runtime.halts,
    )
    return tuple(imported)


def reconcile(*, runtime: ReconcileRuntime) -> Reconciliation:
    """One complete pass; halts what it cannot explain. A second pass changes nothing.

    Keys that the broker does not take halt the account; the pass is then not complete.
    """
    try:
        return _pass(runtime)
    except CredentialsError as problem:
        runtime.updates.telemetry.record("KeysRefused", problem=str(problem))
        runtime.halts.raise_halt(
            ACCOUNT,
            HaltLevel.HALTED,
            code=HaltCode.BROKER_REFUSED_US,
            reason=str(problem),
            actor="reconcile",
        )
        return Reconciliation(0, implausible=str(problem), is_complete=False)


def _pass(runtime: ReconcileRuntime) -> Reconciliation:
    imported: tuple[Difference, ...] = ()
    result = Reconciliation(0)
    for _ in range(_PASSES):
        imported += import_facts(runtime=runtime)
        imported += tuple(_book_activities(runtime))
        result = _compare(runtime)
        if result.agrees:
            break
    _repair_state(runtime)
    _watch_clock(runtime)
    watch_ages(
        runtime.updates.orders.working_orders(runtime.updates.trading.account),
        now=runtime.updates.clock.now(),
        telemetry=runtime.updates.telemetry,
        halts=runtime.halts,
    )
    result = _believed(result, runtime)
    _report_all(result, runtime)
    result = _named(result, imported)
    _note_complete(result, runtime)
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


def _import(update: OrderUpdate, runtime: ReconcileRuntime) -> list[Difference]:
    applied = apply_update(update, source="rest", runtime=runtime.updates)
    if not applied.changed:
        return []
    order = applied.order
    if applied.external:
        found = Found.EXTERNAL_ORDER
    else:
        found = Found.MISSED_UPDATE if applied.fill is None else Found.MISSED_FILL
    text = f"{order.side} {order.quantity} {order.symbol} is {order.status}"
    return [Difference(found, order.client_order_id, text)]


def _watch_clock(runtime: ReconcileRuntime) -> None:
    """The broker's clock against ours; beyond ten seconds no order may leave.

    An answer from between asking and hearing is no skew, however fast a replay runs.
    """
    asked = runtime.updates.clock.now()
    theirs = runtime.books.time()
    heard = runtime.updates.clock.now()
    skew = max((asked - theirs).total_seconds(), (theirs - heard).total_seconds(), 0.0)
    if skew:
        runtime.updates.telemetry.measure("ClockSkew", skew, "Seconds")
    if skew > _SKEW_THAT_HALTS_S:
        runtime.halts.raise_halt(
            ACCOUNT,
            HaltLevel.REDUCE_ONLY,
            code=HaltCode.CLOCK_SKEW,
            reason=f"our clock is {skew:.1f} s from the broker's",
            actor="reconcile",
        )


def _count_missed(fill: BrokerFill, runtime: ReconcileRuntime) -> None:
    if runtime.updates.clock.now() - fill.execution.at > _DELIVERED_WITHIN:
        runtime.updates.telemetry.record(
            "MissedFillFoundByRest", ref=fill.execution.execution_id, symbol=fill.symbol
        )


def _book_activities(runtime: ReconcileRuntime) -> list[Difference]:
    """Book what moved cash or shares without a trade since the account was opened."""
    account = runtime.updates.trading.account
    now = runtime.updates.clock.now()
    opened = runtime.accounts.last_noted(account, "account")
    if opened is None:
        return []
    since = max(opened, now - _ACTIVITIES_LOOK_BACK)
    booked = runtime.record.booked_activities(account)
    rows = [
        each
        for each in runtime.books.activities_since(since)
        if each.at > opened and each.id not in booked
    ]
    found: list[Difference] = []
    for group in grouped(rows):
        first = group[0]
        text = f"{first.name} {first.symbol}".rstrip()
        is_known = all(each.kind is not ActivityKind.OTHER for each in group)
        if is_known and runtime.record.book_activities(account, group, at=now):
            found.append(Difference(Found.ACTIVITY, first.id, text))
            cash = sum((each.cash for each in group), Decimal(0))
            shares = sum((each.shares for each in group), Decimal(0))
            runtime.halts.announcer.announce(
                EventName.ACTIVITY_BOOKED,
                f"{text}: {shares} shares, {cash} dollars",
                ref=first.id,
            )
        else:
            found.append(Difference(Found.UNKNOWN_ACTIVITY, first.id, text))
            runtime.updates.telemetry.record("UnknownActivity", ref=first.id, name=first.name)
    if any(each.found is Found.ACTIVITY for each in found):
        rebuild_state(account, state=runtime.updates.state, accounts=runtime.accounts)
    return found


def _compare(runtime: ReconcileRuntime) -> Reconciliation:
    account = runtime.updates.trading.account
    theirs = runtime.books.positions()
    snapshot = runtime.books.account()
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
    cash = snapshot.cash
    drift = abs(books.account.cash - cash) >= CENT
    return Reconciliation(
        0,
        different,
        (books.account.cash, cash) if drift else None,
        implausible=_contradiction(snapshot, theirs, books=books, ours=ours),
    )


def _contradiction(
    snapshot: BrokerAccount,
    theirs: Mapping[str, Decimal],
    *,
    books: Books,
    ours: Mapping[str, Decimal],
) -> str:
    marked = all(symbol in books.marks for symbol, quantity in ours.items() if quantity)
    worth = sum((q * books.marks[s][0] for s, q in ours.items() if q), Decimal(0)) if marked else 0
    return contradiction(
        equity=snapshot.equity,
        cash=snapshot.cash,
        positions=theirs,
        our_equity=books.account.cash + worth if marked else None,
        our_cash=books.account.cash,
        our_positions=ours,
    )


def _believed(result: Reconciliation, runtime: ReconcileRuntime) -> Reconciliation:
    """The result without what the broker's snapshot claims, while that is not to be believed.

    A contradiction halts new orders at once and is taken for a fact when it is seen in several
    passes in a row; it then counts as any difference that nobody can explain. Samples are rows of
    the journal, so that they outlive this process. A person lifts the halt.
    """
    account = runtime.updates.trading.account
    now = runtime.updates.clock.now()
    since = runtime.accounts.last_noted(account, _PLAUSIBLE_KIND)
    seen = runtime.record.noted_since(account, _IMPLAUSIBLE_KIND, since)
    if not result.implausible:
        if seen:
            runtime.accounts.note(
                account, kind=_PLAUSIBLE_KIND, ref="broker", payload={"after": str(seen)}, at=now
            )
        return result
    runtime.accounts.note(
        account,
        kind=_IMPLAUSIBLE_KIND,
        ref="broker",
        payload={"problem": result.implausible, "sample": str(seen + 1)},
        at=now,
    )
    runtime.updates.telemetry.record("SnapshotImplausible", problem=result.implausible)
    runtime.halts.raise_halt(
        ACCOUNT,
        HaltLevel.REDUCE_ONLY,
        code=HaltCode.SNAPSHOT_IMPLAUSIBLE,
        reason=result.implausible,
        actor="reconcile",
    )
    if seen + 1 >= SAMPLES:
        return result
    return Reconciliation(0, implausible=result.implausible)


def _report_all(result: Reconciliation, runtime: ReconcileRuntime) -> None:
    telemetry = runtime.updates.telemetry
    drift = sum((abs(ours - theirs) for ours, theirs in result.positions.values()), Decimal(0))
    if drift:
        telemetry.measure("PositionDrift", float(drift), "Count")
    for symbol, (ours, theirs) in result.positions.items():
        _report(runtime, f"symbol:{symbol}", f"{symbol}: we hold {ours}, the broker {theirs}")
    off = Decimal(0) if result.cash is None else abs(result.cash[0] - result.cash[1])
    if result.cash is not None:
        telemetry.measure("CashDrift", float(off * 100), "Count")
        _report_cash(*result.cash, runtime=runtime)


def _report_cash(ours: Decimal, theirs: Decimal, *, runtime: ReconcileRuntime) -> None:
    """Told once for each pair of amounts, not each minute that it stands."""
    account, now = runtime.updates.trading.account, runtime.updates.clock.now()
    text = f"cash: we count {ours}, the broker {theirs}"
    if runtime.accounts.once(account, name="cash-drift", key=f"{ours}:{theirs}", at=now):
        runtime.halts.announcer.announce(
            EventName.RECONCILE_FAILED, text, ref=f"cash:{now.isoformat()}"
        )
    if abs(ours - theirs) > _CASH_THAT_HALTS:
        runtime.halts.raise_halt(
            ACCOUNT, HaltLevel.REDUCE_ONLY, code=HaltCode.RECONCILE, reason=text, actor="reconcile"
        )


def _named(result: Reconciliation, imported: tuple[Difference, ...]) -> Reconciliation:
    left = [
        Difference(Found.UNKNOWN_POSITION, symbol, f"we hold {ours}, the broker {theirs}")
        for symbol, (ours, theirs) in result.positions.items()
    ]
    if result.cash is not None:
        ours, theirs = result.cash
        left.append(Difference(Found.UNKNOWN_CASH, "cash", f"we count {ours}, they {theirs}"))
    if result.implausible:
        left.append(Difference(Found.IMPLAUSIBLE_SNAPSHOT, "snapshot", result.implausible))
    count = sum(each.found is not Found.UNKNOWN_ACTIVITY for each in imported)
    every = tuple(dict.fromkeys((*imported, *left)))
    return replace(result, imported=count, differences=every)


def _note_complete(result: Reconciliation, runtime: ReconcileRuntime) -> None:
    runtime.accounts.note(
        runtime.updates.trading.account,
        kind=COMPLETE_KIND,
        ref="broker",
        payload={
            "agrees": str(result.agrees),
            "imported": str(result.imported),
            "differences": "; ".join(f"{d.found} {d.ref}: {d.text}" for d in result.differences),
        },
        at=runtime.updates.clock.now(),
    )


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
