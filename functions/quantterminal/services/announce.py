"""Business events for people and reports. The money path never fails because of them."""

from dataclasses import dataclass

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import BusinessEvent, EventName, Message
from quantterminal.ports.bus import EventBus
from quantterminal.ports.clock import Clock
from quantterminal.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Announcer:
    """Publishes one event at a time and counts it. A bus that is down is logged, not raised."""

    account: str
    event_bus: EventBus
    clock: Clock
    telemetry: Telemetry

    def announce(
        self, name: EventName, text: str, *, ref: str, correlation_id: str = "", **fields: str
    ) -> None:
        """Tell that `name` happened to `ref` (an order, a scope, a day); `text` is a sentence."""
        message = Message(
            id=f"{name}:{ref}",
            correlation_id=correlation_id or ref,
            causation_id=ref,
            occurred_at=self.clock.now(),
            payload=BusinessEvent(self.account, name, text, fields),
        )
        self.telemetry.record(name, text=text, ref=ref, correlation_id=correlation_id, **fields)
        try:
            self.event_bus.publish([message])
        except RetryableError as problem:
            self.telemetry.record("EventBusFailed", problem=str(problem), ref=ref)
