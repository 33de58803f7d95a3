"""The edge of a queue's consumer: SQS batch in, partial failures out.

A message that cannot be read, or that asks for the impossible, is quarantined with an alarm and
acknowledged, so that it never blocks its group. Everything else that fails comes again. When it
asks to come again soon, the rest of its group in the batch does too: SQS withholds a whole group
while any message of it is in flight. The last wait before the dead-letter queue is the queue's own,
so that an outage of minutes is outlived.

A message about money is never given up silently: when its last receive fails, what it is about may
only be reduced from then on, before it goes to the dead-letter queue. Redriving it is safe.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord

from quantterminal.bootstrap import Edge
from quantterminal.domain.errors import (
    AmbiguousError,
    ConflictError,
    MessageError,
    QuantTerminalError,
    RetryableError,
)
from quantterminal.domain.events import EventName, Message, OrderUpdated, SubmitOrder
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.topology import MAX_RECEIVES

_LONGEST_DEFER_S = 30.0
_ASK_AGAIN_S = 1.0


def handle_batch(
    event: dict[str, Any], context: Any, *, step: Callable[[Message], None], edge: Edge
) -> dict[str, Any]:
    """Run `step` on each message in order; after a failure the rest of its group waits too."""
    delays: dict[str | None, float] = {}

    def one(record: SQSRecord) -> None:
        try:
            step(edge.decode(record.body))
        except MessageError as problem:
            _quarantine(record, problem, edge)
        except (RetryableError, AmbiguousError) as problem:
            received = int(record.attributes.approximate_receive_count)
            edge.telemetry.record("StepDeferred", problem=str(problem), received=received)
            if isinstance(problem, ConflictError):
                edge.telemetry.record("LockContended", problem=str(problem))
            delay_s = _delay_s(problem, received)
            if delay_s is not None:
                delays[_group(record)] = delay_s
            _give_up(record, problem, edge)
            raise
        except Exception as problem:
            edge.telemetry.problem("StepFailed", message_id=record.message_id)
            _give_up(record, problem, edge)
            raise

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    answer = process_partial_response(
        event=event, record_handler=one, processor=processor, context=context
    )
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    for record in SQSEvent(event).records:
        if record.message_id in failed and _group(record) in delays:
            edge.redelivery.defer(
                record.event_source_arn, record.receipt_handle, seconds=delays[_group(record)]
            )
    return dict(answer)


def _delay_s(problem: RetryableError | AmbiguousError, received: int) -> float | None:
    """None leaves the message to its visibility time-out. What happened or not, nobody knows: a
    step is safe to repeat, and what it finds in the ledger tells.
    """
    asked = _ASK_AGAIN_S if isinstance(problem, AmbiguousError) else problem.retry_after_s
    if asked is None or received >= MAX_RECEIVES - 1:
        return None
    return min(asked * 2 ** (received - 1), _LONGEST_DEFER_S)


def _group(record: SQSRecord) -> str | None:
    return record.attributes.message_group_id


def _give_up(record: SQSRecord, problem: Exception, edge: Edge) -> None:
    received = int(record.attributes.approximate_receive_count)
    if edge.halts is None or received < MAX_RECEIVES:
        return
    scope = _scope(edge.decode(record.body), record)
    queue = record.event_source_arn.rsplit(":", 1)[-1]
    reason = f"a message of {queue} failed {received} times: {problem}"
    edge.announcer.announce(
        EventName.MESSAGE_GIVEN_UP, f"{scope}: {reason}", ref=record.message_id, queue=queue
    )
    try:
        edge.halts.raise_halt(
            scope,
            HaltLevel.REDUCE_ONLY,
            code=HaltCode.DEAD_LETTER,
            reason=reason,
            actor=queue,
        )
    except QuantTerminalError as unhalted:
        # the ledger is away, so that no order can leave either; the queue's own alarm pages
        edge.telemetry.problem("HaltNotRaised", scope=scope, problem=str(unhalted))


def _scope(message: Message, record: SQSRecord) -> str:
    match message.payload:
        case OrderUpdated() as fact:
            return f"symbol:{fact.update.symbol}"
        case SubmitOrder():
            return f"symbol:{str(_group(record)).rpartition(':')[2]}"
        case _:
            return ACCOUNT


def _quarantine(record: SQSRecord, problem: MessageError, edge: Edge) -> None:
    edge.telemetry.problem("MessageQuarantined", body=record.body[:4096])
    edge.announcer.announce(
        EventName.MESSAGE_QUARANTINED,
        f"A message was set aside: {problem}",
        ref=record.message_id,
        queue=record.event_source_arn.rsplit(":", 1)[-1],
    )
