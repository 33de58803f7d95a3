"""The edge of a queue's consumer: SQS batch in, partial failures out.

A message that cannot be read, or that asks for the impossible, is quarantined with an alarm and
acknowledged, so that it never blocks its group. Everything else that fails comes again. When it
asks to come again soon, the rest of its group in the batch does too: SQS withholds a whole group
while any message of it is in flight. The last wait before the dead-letter queue is the queue's own,
so that an outage of minutes is outlived.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord

from quantterminal.bootstrap import Edge
from quantterminal.domain.errors import AmbiguousError, MessageError, RetryableError
from quantterminal.domain.events import EventName, Message
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
            delay_s = _delay_s(problem, received)
            if delay_s is not None:
                delays[_group(record)] = delay_s
            raise
        except Exception:
            edge.telemetry.problem("StepFailed", message_id=record.message_id)
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


def _quarantine(record: SQSRecord, problem: MessageError, edge: Edge) -> None:
    edge.telemetry.problem("MessageQuarantined", body=record.body[:4096])
    edge.announcer.announce(
        EventName.MESSAGE_QUARANTINED,
        f"A message was set aside: {problem}",
        ref=record.message_id,
        queue=record.event_source_arn.rsplit(":", 1)[-1],
    )
