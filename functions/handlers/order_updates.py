"""Consumes `order-updates`: the broker's facts into the books."""

from typing import Any

from handlers.batch import handle_batch
from quantterminal import bootstrap
from quantterminal.domain.errors import MessageError
from quantterminal.domain.events import Message, OrderUpdated, UnreadableFrame
from quantterminal.services.apply_update import apply_update, keep_unreadable


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handle_batch(event, context, step=_step, edge=bootstrap.edge("order_updates"))


def _step(message: Message) -> None:
    runtime = bootstrap.updates_runtime()
    match message.payload:
        case OrderUpdated() as fact:
            applied = apply_update(fact.update, source=fact.source, runtime=runtime)
            runtime.telemetry.record(
                "UpdateApplied",
                ref=applied.order.client_order_id,
                status=applied.order.status,
                changed=applied.changed,
                correlation_id=message.correlation_id,
            )
        case UnreadableFrame() as frame:
            keep_unreadable(frame, runtime=runtime)
        case other:
            raise MessageError(f"Expected an order update, was {type(other).__name__}")
