"""Lambda's event source mapping: at least once, partial batches, a bounded number of invocations.

A function that is throttled, crashes or runs too long leaves its batch on the queue until the
visibility time-out; each receive has counted by then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.pump.event_source import failed_identifiers, sqs_event
from quantterminal import topology
from tests.simulation.chaos import Chaos
from tests.simulation.faults import Fault
from tests.simulation.loop import Loop, Process
from tests.simulation.models.fifo import FifoQueue, Stored, arn, as_received

Handler = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True)
class SourceMapping:
    """One queue with its function. `environment` gives a warm process or starts a new one."""

    loop: Loop
    chaos: Chaos
    queue: FifoQueue
    spec: topology.Queue
    handler: Handler
    environment: Callable[[str], Process]
    give_back: Callable[[str, Process], None]
    running: int = 0
    invocations: int = 0
    _wake_at: float = field(default=-1.0)

    def wake(self) -> None:
        """Something may be there to receive: poll soon."""
        if self._wake_at >= self.loop.seconds:
            return
        delay = self.loop.tape.seconds(f"poll {self.spec.name}", 0.001, 0.02)
        self._wake_at = self.loop.seconds + delay
        self.loop.after(delay, self._poll)

    def _poll(self) -> None:
        self._wake_at = -1.0
        while self.running < self.spec.max_concurrency:
            batch = self.queue.receive(self.spec.batch_size)
            if not batch:
                break
            self._hand_over(batch)
        back = self.queue.next_return()
        if back is not None:
            self.loop.after(back - self.loop.seconds + 0.000001, self.wake)

    def _hand_over(self, batch: list[Stored]) -> None:
        name = self.spec.name
        if self.chaos.happens(Fault.RECEIVE_LOST, name):
            return
        if self.chaos.happens(Fault.THROTTLED, name):
            return
        process = self.environment(self.spec.consumer)
        self.running += 1
        self.invocations += 1
        event = sqs_event([as_received(each) for each in batch], arn=arn(name), region="us-east-1")
        timeout = topology.function(self.spec.consumer).timeout_s
        receipts = {each.message_id: each.receipt for each in batch}
        actor = self.loop.spawn(
            process, self.spec.consumer, lambda: self._invoke(event, receipts), limit_s=timeout
        )
        actor.begins(f"{self.spec.consumer}:{_payload(batch[0])}")
        if self.chaos.happens(Fault.VISIBLE_EARLY, name):
            self.loop.after(
                self.loop.tape.seconds("visible early", 0.001, 1.0), lambda: self._show(receipts)
            )

    def _invoke(self, event: dict[str, Any], receipts: dict[str, str]) -> None:
        actor = self.loop.actor()
        process = actor.process
        try:
            answer = self.handler(event)
            failed = failed_identifiers(answer, set(receipts))
            self.give_back(self.spec.consumer, process)
            self._delete([r for message, r in receipts.items() if message not in failed])
        finally:
            self.running -= 1
            self.wake()

    def _show(self, receipts: dict[str, str]) -> None:
        """As if the visibility time-out were shorter than the run: somebody else may have it."""
        for receipt in receipts.values():
            self.queue.hide(receipt, 0)
        self.wake()

    def _delete(self, receipts: list[str]) -> None:
        for receipt in receipts:
            if not self.chaos.happens(Fault.DELIVERED_TWICE, self.spec.name):
                self.queue.delete(receipt)


def _payload(stored: Stored) -> str:
    """What the message asks for, to name the flow: bodies are JSON with a type."""
    _, _, after = stored.body.partition('"type":"')
    return after.partition('"')[0] or "unreadable"


def is_idle(mapping: SourceMapping) -> bool:
    """Nothing waits and nothing runs."""
    return mapping.running == 0 and mapping.queue.depth() == 0
