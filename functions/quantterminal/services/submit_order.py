"""Sending one order: the last hop. Denied, rejected, accepted or unknown; never twice.

The ledger says `submitting` before the request leaves, so that a crash in between is recognised.
What may have been sent is looked up by its client order id, never sent again blindly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import (
    AmbiguousError,
    MessageError,
    OrderRejectedError,
    RetryableError,
)
from quantterminal.domain.events import EventName, SubmitOrder
from quantterminal.domain.halts import ACCOUNT, Halt, HaltCode
from quantterminal.domain.orders import Order, OrderStatus, OrderUpdate, move
from quantterminal.domain.risk import Denial, DenialCode, HaltLevel, Origin, Proposal, check
from quantterminal.domain.sessions import NEW_YORK, new_york_date
from quantterminal.ports.activity import ActivityLedger, SymbolBoard
from quantterminal.ports.broker import NewOrder, OrderGateway
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import (
    AccountLedger,
    HaltLedger,
    Hold,
    IntentRecord,
    OrderLedger,
)
from quantterminal.ports.state import StateStore
from quantterminal.ports.telemetry import Telemetry
from quantterminal.ports.watermarks import StreamGate, StreamState
from quantterminal.services.announce import Announcer
from quantterminal.services.apply_update import UpdateRuntime, apply_update
from quantterminal.services.assess_risk import risk_snapshot, with_recent
from quantterminal.services.halting import HaltDesk
from quantterminal.services.heed_refusal import heed_refusal
from quantterminal.services.reconcile import COMPLETE_KIND
from quantterminal.services.working_state import load_state, rebuild_state

_GATE_WAIT_S = 1.0
_ZERO = Decimal(0)
_WATCHED_WITHIN = timedelta(seconds=120)

Answer = OrderUpdate | OrderRejectedError | AmbiguousError | RetryableError
"""What a submit came back with: the accepted order, or one of the three ways to fail."""


@dataclass(frozen=True, slots=True)
class ExecutionRuntime:
    """`release` and `board` are those of `RiskRuntime`."""

    trading: TradingConfig
    clock: Clock
    orders: OrderLedger
    activity: ActivityLedger
    accounts: AccountLedger
    halts: HaltLedger
    state: StateStore
    gate: StreamGate
    broker: OrderGateway
    updates: UpdateRuntime
    announcer: Announcer
    telemetry: Telemetry
    board: SymbolBoard | None = None
    release: str = ""


def submit_order(request: SubmitOrder, *, runtime: ExecutionRuntime) -> Order:
    """Send the order of one intent, or find out what became of it; the order as it then stands.

    Raises MessageError when the ledger does not know the order, RetryableError while the order
    stream is not live: a fill could be missed then.
    """
    order = runtime.orders.order(request.client_order_id)
    if order is None:
        raise MessageError(f"Expected order {request.client_order_id} in the ledger, was none")
    if order.status in (OrderStatus.SUBMITTING, OrderStatus.UNKNOWN):
        return resolve(order, runtime=runtime)
    if order.status is not OrderStatus.PENDING_SUBMIT:
        _show(order, runtime)
        if order.status is OrderStatus.REJECTED:
            runtime.updates.guard.look_at(order)
        return order
    return send(order, runtime=runtime, received_ns=request.received_ns)


def send(order: Order, *, runtime: ExecutionRuntime, received_ns: int = 0) -> Order:
    """The last hop: check once more, write down that it is being sent, send, write the outcome.

    From the look at the halts until the broker has answered, nobody can raise one (I5).
    """
    _count_orders_out(order, runtime)
    with runtime.halts.held(runtime.trading.account) as hold:
        denial = _last_hop(order, hold.halts, runtime)
        if denial is None:
            sending = _sending(order, runtime, received_ns=received_ns)
            runtime.orders.save(sending, at=runtime.clock.now(), note="submit")
            answer = _post(sending, hold, runtime)
    if denial is not None:
        # what may have arrived cannot be denied any more: it stays unknown, its exposure reserved
        unknown = order.status is OrderStatus.UNKNOWN
        return order if unknown else _deny(order, denial, runtime)
    outcome = _outcome(sending, answer, runtime, before=order.status)
    if received_ns and sending.latency_us is not None and outcome.status is not OrderStatus.UNKNOWN:
        runtime.telemetry.measure("BarToOrderLatency", sending.latency_us / 1000, "Milliseconds")
    return outcome


def resolve(order: Order, *, runtime: ExecutionRuntime) -> Order:
    """Ask the broker for an order that may have arrived; adopt it, or keep it unknown."""
    found = runtime.broker.find(order.client_order_id)
    if found is not None:
        return apply_update(found, source="lookup", runtime=runtime.updates).order
    if order.status is OrderStatus.UNKNOWN:
        return order
    return _save(order, OrderStatus.UNKNOWN, "the outcome of the submit is not known", runtime)


def _sending(order: Order, runtime: ExecutionRuntime, *, received_ns: int) -> Order:
    """The order as it is about to leave. Raises RetryableError while fills could be missed."""
    state = runtime.gate.state()
    if state is not StreamState.LIVE:
        raise RetryableError(
            f"The broker's order stream is {state}; {order.client_order_id} waits",
            retry_after_s=_GATE_WAIT_S,
        )
    now = runtime.clock.now()
    latency_us = (runtime.clock.stamp_ns() - received_ns) // 1000 if received_ns else None
    return replace(
        move(order, OrderStatus.SUBMITTING, at=now),
        submitted_at=now,
        attempts=order.attempts + 1,
        latency_us=latency_us if order.latency_us is None else order.latency_us,
    )


def _post(order: Order, hold: Hold, runtime: ExecutionRuntime) -> Answer:
    """Send it if the hold still stands; what the broker said, or what went wrong."""
    request = NewOrder(
        order.client_order_id, order.symbol, order.side, order.quantity, order.limit_price
    )
    try:
        hold.confirm()
        return runtime.broker.submit(request)
    except (OrderRejectedError, AmbiguousError, RetryableError) as problem:
        return problem


def _outcome(
    order: Order, answer: Answer, runtime: ExecutionRuntime, *, before: OrderStatus
) -> Order:
    """What became of the request. An order that was unknown before stays so until the broker knows
    it: what happened to this request proves nothing about the earlier one.
    """
    match answer:
        case OrderRejectedError() if before is not OrderStatus.UNKNOWN:
            return _reject(order, answer, runtime)
        case OrderRejectedError() | AmbiguousError():
            return _doubt(order, answer, runtime)
        case RetryableError():
            # proved not to have been sent, so it may go back to where it was
            _save(order, before, str(answer), runtime)
            raise answer
        case OrderUpdate():
            runtime.telemetry.record(
                EventName.ORDER_SUBMITTED, ref=order.client_order_id, symbol=order.symbol
            )
            return apply_update(answer, source="submit", runtime=runtime.updates).order


def _count_orders_out(order: Order, runtime: ExecutionRuntime) -> None:
    """C12: beside this one, no more orders may have left in a minute or a day than were approved.

    More means that something sends orders which nobody decided: the account is halted, and the
    last hop, which reads the halts, denies this order with all others. A person who re-arms the
    account begins both counts anew.
    """
    account, now = runtime.trading.account, runtime.clock.now()
    day = datetime.combine(new_york_date(now), time.min, NEW_YORK)
    armed = [
        halt.at
        for halt in runtime.halts.halts(account)
        if halt.scope == ACCOUNT and halt.level is HaltLevel.ACTIVE
    ]
    for window, begin in (("minute", now - timedelta(minutes=1)), ("day", day)):
        since = max([begin, *armed])
        flow = runtime.activity.flow(account, since=since, but=order.client_order_id)
        if flow.sent > flow.approved:
            reason = (
                f"{flow.sent} orders beside {order.client_order_id} sent within a {window}, of"
                f" {flow.approved} that were approved"
            )
            _halt_desk(runtime).raise_halt(
                ACCOUNT,
                HaltLevel.HALTED,
                code=HaltCode.ORDERS_OUT,
                reason=reason,
                actor="execution",
            )


def _last_hop(order: Order, halts: Sequence[Halt], runtime: ExecutionRuntime) -> Denial | None:
    """C13: everything again, with halts, positions and working orders as the ledger has them at
    this instant: the working state may have been rolled back since.
    """
    found = runtime.orders.intent_of(order)
    if found is None:
        raise MessageError(f"Expected the intent of {order.client_order_id}, was none")
    intent, _ = found
    if intent.release != runtime.release:
        return Denial(
            DenialCode.VERSION_MISMATCH,
            f"Expected an intent of release {runtime.release!r}, was of {intent.release!r}",
        )
    unwatched = _unwatched(intent, runtime)
    if unwatched is not None:
        return unwatched
    account = runtime.trading.account
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    levels = {halt.scope: HaltLevel(halt.level) for halt in halts}
    books = runtime.accounts.holdings(account)
    own = books.positions.get((intent.strategy, intent.symbol))
    proposal = _proposal(intent, held=_ZERO if own is None else own.quantity)
    current = replace(
        state,
        levels=levels,
        cash=books.account.cash,
        positions=books.positions,
        reserved=books.reservations,
    )
    snapshot = with_recent(
        risk_snapshot(current, runtime.trading, now=runtime.clock.now()),
        proposal,
        runtime.trading,
        activity=runtime.activity,
        board=runtime.board,
    )
    return check(proposal, snapshot, runtime.trading.limits)


def _unwatched(intent: IntentRecord, runtime: ExecutionRuntime) -> Denial | None:
    """C23: nothing new while our books have not been compared with the broker's for long.

    Market time, so that a replay at any speed asks the same. Before the first pass the stream's
    gate decides, which opens after the first import; a person's flatten is never kept waiting.
    """
    last = runtime.accounts.last_noted(runtime.trading.account, COMPLETE_KIND)
    if last is None or intent.origin is Origin.FLATTEN:
        return None
    age = runtime.clock.now() - last
    if age <= _WATCHED_WITHIN:
        return None
    limit, found = _WATCHED_WITHIN.total_seconds(), age.total_seconds()
    return Denial(
        DenialCode.STALE_DATA, f"Expected a reconcile within {limit:.0f} s, was {found:.0f} s ago"
    )


def _proposal(intent: IntentRecord, *, held: Decimal) -> Proposal:
    return Proposal(
        intent_id=intent.id,
        strategy=intent.strategy,
        symbol=intent.symbol,
        side=intent.side,
        quantity=intent.quantity,
        limit_price=intent.limit_price,
        reference_price=intent.reference_price,
        bar_end=intent.bar_end,
        valid_until=intent.valid_until,
        origin=intent.origin,
        held=held,
    )


def _deny(order: Order, denial: Denial, runtime: ExecutionRuntime) -> Order:
    denied = _save(order, OrderStatus.DENIED, f"{denial.code}: {denial.text}", runtime)
    runtime.announcer.announce(
        EventName.ORDER_DENIED,
        f"{order.strategy} {order.side} {order.symbol} denied at the last hop: {denial.text}",
        ref=order.client_order_id,
        code=denial.code,
    )
    return denied


def _doubt(order: Order, problem: Exception, runtime: ExecutionRuntime) -> Order:
    runtime.telemetry.record("SubmitUnknown", ref=order.client_order_id, problem=str(problem))
    unknown = _save(order, OrderStatus.UNKNOWN, str(problem), runtime)
    return resolve(unknown, runtime=runtime)


def _reject(order: Order, problem: OrderRejectedError, runtime: ExecutionRuntime) -> Order:
    rejected = _save(order, OrderStatus.REJECTED, f"{problem.code}: {problem}", runtime)
    runtime.announcer.announce(
        EventName.ORDER_REJECTED,
        f"{order.side} {order.quantity} {order.symbol} was rejected: {problem}",
        ref=order.client_order_id,
        code=problem.code,
    )
    heed_refusal(rejected, problem.code, accounts=runtime.accounts, halts=_halt_desk(runtime))
    runtime.updates.guard.look_at(rejected)
    return rejected


def _save(order: Order, status: OrderStatus, reason: str, runtime: ExecutionRuntime) -> Order:
    now = runtime.clock.now()
    saved = move(order, status, at=now, reason=reason)
    runtime.orders.save(saved, at=now, note=status)
    _show(saved, runtime)
    return saved


def _show(order: Order, runtime: ExecutionRuntime) -> None:
    account = runtime.trading.account
    if not runtime.state.project_order(account, order):
        rebuild_state(account, state=runtime.state, accounts=runtime.accounts)


def _halt_desk(runtime: ExecutionRuntime) -> HaltDesk:
    return HaltDesk(
        runtime.trading.account, runtime.halts, runtime.state, runtime.clock, runtime.announcer
    )
