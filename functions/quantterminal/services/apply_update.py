"""A fact from the broker into the books, and what follows from it."""

from dataclasses import dataclass, replace

from quantterminal.domain.configuration import OnTimeout, TradingConfig
from quantterminal.domain.events import AssessSignal, EventName, Message, UnreadableFrame
from quantterminal.domain.orders import Order, OrderStatus, OrderUpdate
from quantterminal.domain.signals import Action, intent_id
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import AccountLedger, Applied, OrderLedger
from quantterminal.ports.state import StateStore
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.announce import Announcer
from quantterminal.services.guard_strategy import StrategyGuard
from quantterminal.services.working_state import project
from quantterminal.topology import SIGNALS

TIMEOUT = "timeout"
"""The reason of a cancel that we asked for because the order did not fill in time."""


@dataclass(frozen=True, slots=True)
class UpdateRuntime:
    trading: TradingConfig
    clock: Clock
    bus: Bus
    orders: OrderLedger
    accounts: AccountLedger
    guard: StrategyGuard
    state: StateStore
    announcer: Announcer
    telemetry: Telemetry


def apply_update(update: OrderUpdate, *, source: str, runtime: UpdateRuntime) -> Applied:
    """Books first, in one transaction; then the working state, what stops the strategy, the next
    attempt, the news.

    Repeating the same update, from the stream or from REST, changes nothing.
    """
    account = runtime.trading.account
    applied = runtime.orders.apply(account, update, source=source, at=runtime.clock.now())
    project(account, applied, state=runtime.state, accounts=runtime.accounts)
    if update.execution is not None or applied.order.status is OrderStatus.REJECTED:
        runtime.guard.look_at(applied.order)
    _try_again(applied.order, runtime)
    if applied.changed or applied.problem:
        _tell(applied, update, runtime)
    return applied


def keep_unreadable(frame: UnreadableFrame, *, runtime: UpdateRuntime) -> None:
    """Journal a frame that nobody understood; a reconcile follows from the event that tells it,
    and reads what the frame may have meant.
    """
    account = runtime.trading.account
    runtime.accounts.note(
        account,
        kind="unreadable",
        ref="order stream",
        payload={"raw": frame.raw, "problem": frame.problem},
        at=runtime.clock.now(),
    )
    runtime.telemetry.record("UnreadableFrame", problem=frame.problem)
    runtime.announcer.announce(
        EventName.MESSAGE_QUARANTINED,
        f"A frame of the order stream was set aside: {frame.problem}",
        ref=f"unreadable:{runtime.clock.now().isoformat()}",
    )


def _try_again(order: Order, runtime: UpdateRuntime) -> None:
    execution = runtime.trading.execution
    timed_out = order.status is OrderStatus.CANCELED and order.cancel_reason == TIMEOUT
    if not timed_out or execution.on_timeout is not OnTimeout.REPRICE:
        return
    left = order.quantity - order.filled_quantity
    found = runtime.orders.intent_of(order)
    if found is None or left <= 0:
        return
    intent, signal = found
    attempt = intent.attempt + 1
    if attempt > execution.max_reprices:
        return
    if signal.action is not Action.CLOSE:
        signal = replace(signal, quantity=int(left))
    request = AssessSignal(order.account, signal, attempt=attempt, origin=intent.origin)
    message = Message(
        id=f"assess:{intent_id(signal, attempt)}",
        correlation_id=intent.correlation_id,
        causation_id=order.client_order_id,
        occurred_at=order.status_at,
        payload=request,
    )
    runtime.bus.send([Outgoing(SIGNALS, f"{order.account}:{order.symbol}", message)])


def _tell(applied: Applied, update: OrderUpdate, runtime: UpdateRuntime) -> None:
    order = applied.order
    tell = runtime.announcer.announce
    if applied.fill is not None:
        tell(
            EventName.ORDER_FILLED,
            f"{order.strategy} {order.side} {applied.fill.quantity} {order.symbol}"
            f" at {applied.fill.price}",
            ref=applied.fill.execution_id,
            client_order_id=order.client_order_id,
        )
    if applied.external:
        tell(
            EventName.EXTERNAL_ORDER,
            f"{order.side} {order.quantity} {order.symbol} was not ordered by this system",
            ref=order.client_order_id,
        )
    if update.proves is OrderStatus.REJECTED:
        tell(
            EventName.ORDER_REJECTED,
            f"{order.side} {order.quantity} {order.symbol} was rejected: {order.reason}",
            ref=order.client_order_id,
        )
    if update.proves is OrderStatus.CANCELED:
        tell(
            EventName.ORDER_CANCELED,
            f"{order.side} {order.quantity} {order.symbol} was canceled"
            f" ({order.cancel_reason or 'not by us'})",
            ref=order.client_order_id,
        )
    if applied.problem:
        runtime.telemetry.record("IllegalTransition", problem=applied.problem)
