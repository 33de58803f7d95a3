"""Consumes `orders`: submits, sweeps and cancels; the only way to the broker."""

from dataclasses import replace
from typing import Any

from handlers.batch import handle_batch
from quantterminal import bootstrap
from quantterminal.domain.errors import MessageError
from quantterminal.domain.events import CancelOrders, Message, SubmitOrder, SweepOrders
from quantterminal.services.submit_order import submit_order
from quantterminal.services.sweep_orders import cancel_orders, sweep_orders


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handle_batch(event, context, step=_step, edge=bootstrap.edge("execution"))


def _step(message: Message) -> None:
    trading = bootstrap.trading_in_force("execution")
    runtime = replace(bootstrap.execution_runtime(), trading=trading)
    match message.payload:
        case SubmitOrder() as request:
            order = submit_order(request, runtime=runtime)
            runtime.telemetry.record(
                "SubmitHandled",
                ref=order.client_order_id,
                status=order.status,
                correlation_id=message.correlation_id,
            )
        case SweepOrders():
            sweep_orders(runtime=runtime)
        case CancelOrders() as request:
            cancel_orders(
                request.client_order_id, request.reason, runtime=runtime, scope=request.scope
            )
        case other:
            raise MessageError(f"Expected an order command, was {type(other).__name__}")
