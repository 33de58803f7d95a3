"""Consumes `signals`: a signal becomes an order to submit, or a denial."""

from dataclasses import replace
from typing import Any

from handlers.batch import handle_batch
from quantterminal import bootstrap
from quantterminal.domain.errors import MessageError
from quantterminal.domain.events import AssessSignal, Message
from quantterminal.services.assess_risk import assess_signal


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handle_batch(event, context, step=_step, edge=bootstrap.edge("risk"))


def _step(message: Message) -> None:
    if not isinstance(message.payload, AssessSignal):
        raise MessageError(f"Expected AssessSignal, was {type(message.payload).__name__}")
    trading = bootstrap.trading_in_force("risk")
    runtime = replace(bootstrap.risk_runtime(), trading=trading)
    intent = assess_signal(message, message.payload, runtime=runtime)
    runtime.telemetry.record(
        "SignalAssessed",
        intent=intent.id,
        denial=intent.denial_code or "",
        correlation_id=message.correlation_id,
    )
