"""Consumes `bars`: one closed minute through the strategies."""

from dataclasses import replace
from typing import Any

from handlers.batch import handle_batch
from quantterminal import bootstrap
from quantterminal.domain.errors import MessageError
from quantterminal.domain.events import Message, MinuteClosed
from quantterminal.services.evaluate_bar import evaluate_minute


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return handle_batch(event, context, step=_step, edge=bootstrap.edge("strategy"))


def _step(message: Message) -> None:
    if not isinstance(message.payload, MinuteClosed):
        raise MessageError(f"Expected MinuteClosed, was {type(message.payload).__name__}")
    trading = bootstrap.trading_in_force("strategy")
    runtime = replace(bootstrap.strategy_runtime(), trading=trading)
    signals = evaluate_minute(message, message.payload, runtime=runtime)
    runtime.telemetry.record(
        "MinuteEvaluated",
        minute=message.payload.minute.isoformat(),
        bars=len(message.payload.bars),
        signals=signals,
        correlation_id=message.correlation_id,
    )
