"""Looking after working orders: cancel what rests too long, resolve what is not known."""

from dataclasses import replace
from datetime import timedelta

from quantterminal.domain.errors import AmbiguousError, RetryableError
from quantterminal.domain.halts import ACCOUNT, speaks_for
from quantterminal.domain.orders import Order, OrderStatus, move
from quantterminal.services.apply_update import TIMEOUT
from quantterminal.services.submit_order import ExecutionRuntime, resolve, send
from quantterminal.services.working_state import rebuild_state

_SETTLED_AFTER = timedelta(seconds=10)  # younger ones are still in the hands of a submit


def sweep_orders(*, runtime: ExecutionRuntime) -> int:
    """One round over our own working orders; how many were acted on. Safe to repeat at any time.

    Ours are those with an intent, also where they close what somebody else bought.

    An order that cannot be looked after now does not keep the others waiting; its RetryableError
    is raised at the end.
    """
    acted, problems = 0, []
    for order in runtime.orders.working_orders(runtime.trading.account):
        try:
            acted += bool(order.intent_id) and _look_after(order, runtime)
        except RetryableError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]
    return acted


def cancel_orders(
    client_order_id: str | None, reason: str, *, runtime: ExecutionRuntime, scope: str = ACCOUNT
) -> int:
    """Ask for the cancel of one order or of all working ones of `scope`, whatever is halted; how
    many requests were sent.
    """
    orders = runtime.orders.working_orders(runtime.trading.account)
    chosen = [
        each
        for each in orders
        if client_order_id in (None, each.client_order_id)
        and speaks_for(scope, strategy=each.strategy, symbol=each.symbol)
    ]
    return sum(_cancel(order, reason, runtime) for order in chosen)


def _look_after(order: Order, runtime: ExecutionRuntime) -> bool:
    now = runtime.clock.now()
    execution = runtime.trading.execution
    age = now - (order.submitted_at or order.status_at)
    if order.status is OrderStatus.PENDING_SUBMIT:
        expired = age > timedelta(seconds=execution.unknown_give_up_after_s)
        return expired and _abandon(order, "was never sent", runtime)
    if order.status in (OrderStatus.SUBMITTING, OrderStatus.UNKNOWN):
        return age > _SETTLED_AFTER and _resolve_unknown(order, age, runtime)
    if order.cancel_requested_at is not None:
        again_after = timedelta(seconds=runtime.trading.limits.cancel_again_after_s)
        overdue = now - order.cancel_requested_at > again_after
        return overdue and _cancel(order, order.cancel_reason, runtime)
    too_old = age >= timedelta(seconds=execution.order_timeout_s)
    return too_old and _cancel(order, TIMEOUT, runtime)


def _resolve_unknown(order: Order, age: timedelta, runtime: ExecutionRuntime) -> bool:
    resolved = resolve(order, runtime=runtime)
    if resolved.status is not OrderStatus.UNKNOWN:
        return True
    execution = runtime.trading.execution
    if age > timedelta(seconds=execution.unknown_give_up_after_s):
        return _abandon(resolved, "the broker does not know it", runtime)
    if age > timedelta(seconds=execution.unknown_resend_after_s):
        # the same id again: should the first one arrive after all, the broker refuses one of them
        send(resolved, runtime=runtime)
        return True
    return False


def _abandon(order: Order, reason: str, runtime: ExecutionRuntime) -> bool:
    now = runtime.clock.now()
    abandoned = move(order, OrderStatus.ABANDONED, at=now, reason=reason)
    runtime.orders.save(abandoned, at=now, note="abandoned")
    account = runtime.trading.account
    if not runtime.state.project_order(account, abandoned):
        rebuild_state(account, state=runtime.state, accounts=runtime.accounts)
    runtime.telemetry.record("OrderAbandoned", ref=order.client_order_id, reason=reason)
    return True


def _cancel(order: Order, reason: str, runtime: ExecutionRuntime) -> bool:
    """The reason is durable before the request leaves: it decides what follows the cancel."""
    if order.broker_order_id is None:
        return False
    now = runtime.clock.now()
    asked = replace(order, cancel_requested_at=now, cancel_reason=reason, version=order.version + 1)
    runtime.orders.save(asked, at=now, note=f"cancel:{reason}")
    try:
        runtime.broker.cancel(order.broker_order_id)
    except (RetryableError, AmbiguousError) as problem:
        runtime.telemetry.record("CancelFailed", ref=order.client_order_id, problem=str(problem))
    return True
