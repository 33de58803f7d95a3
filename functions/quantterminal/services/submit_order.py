"""Sending one order: the last hop. Denied, rejected, accepted or unknown; never twice.

The ledger says `submitting` before the request leaves, so that a crash in between is recognised.
What may have been sent is looked up by its client order id, never sent again blindly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import (
    AmbiguousError,
    MessageError,
    OrderRejectedError,
    RetryableError,
)
from quantterminal.domain.events import EventName, SubmitOrder
from quantterminal.domain.halts import Halt
from quantterminal.domain.orders import Order, OrderStatus, OrderUpdate, move
from quantterminal.domain.risk import Denial, HaltLevel, Proposal, check
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
from quantterminal.services.assess_risk import risk_snapshot
from quantterminal.services.working_state import load_state, rebuild_state

_GATE_WAIT_S = 1.0

Answer = OrderUpdate | OrderRejectedError | AmbiguousError | RetryableError
"""What a submit came back with: the accepted order, or one of the three ways to fail."""


@dataclass(frozen=True, slots=True)
class ExecutionRuntime:
    trading: TradingConfig
    clock: Clock
    orders: OrderLedger
    accounts: AccountLedger
    halts: HaltLedger
    state: StateStore
    gate: StreamGate
    broker: OrderGateway
    updates: UpdateRuntime
    announcer: Announcer
    telemetry: Telemetry


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
        return order
    return send(order, runtime=runtime, received_ns=request.received_ns)


def send(order: Order, *, runtime: ExecutionRuntime, received_ns: int = 0) -> Order:
    """The last hop: check once more, write down that it is being sent, send, write the outcome.

    From the look at the halts until the broker has answered, nobody can raise one (I5).
    """
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


def _last_hop(order: Order, halts: Sequence[Halt], runtime: ExecutionRuntime) -> Denial | None:
    """C13: everything again, with the halts as the ledger has them at this instant."""
    found = runtime.orders.intent_of(order)
    if found is None:
        raise MessageError(f"Expected the intent of {order.client_order_id}, was none")
    intent, _ = found
    account = runtime.trading.account
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    levels = {halt.scope: HaltLevel(halt.level) for halt in halts}
    current = replace(state, levels=levels)
    snapshot = risk_snapshot(current, runtime.trading, now=runtime.clock.now())
    return check(_proposal(intent), snapshot, runtime.trading.limits)


def _proposal(intent: IntentRecord) -> Proposal:
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
