"""Messages between the steps: commands ask, events state. Frozen, versioned, JSON on the wire.

The codec lives in `adapters.wire`; the `id` of a message is also its deduplication id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from quantterminal.domain.bars import Bar
from quantterminal.domain.halts import ACCOUNT
from quantterminal.domain.orders import OrderUpdate
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Signal


@dataclass(frozen=True, slots=True)
class MinuteClosed:
    """One closed minute of one shard of the universe: the minute barrier's verdict.

    `bars` are first revisions in symbol order, `no_trade` the symbols that are known not to have
    traded, `late` those whose bar had not come when the barrier timed out, `revisions` corrected
    bars of earlier minutes (stored, never shown to a strategy). `received_ns` is the wall-clock
    stamp of the last bar's arrival.
    """

    account: str
    shard: int
    minute: datetime
    bars: tuple[Bar, ...]
    no_trade: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    revisions: tuple[Bar, ...] = ()
    received_ns: int = 0


@dataclass(frozen=True, slots=True)
class AssessSignal:
    """Ask risk to turn a signal into an order. `attempt` counts re-pricings of one signal."""

    account: str
    signal: Signal
    attempt: int = 0
    origin: Origin = Origin.STRATEGY
    received_ns: int = 0


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Ask execution to send the order of one approved intent; the ledger holds its terms."""

    account: str
    intent_id: str
    client_order_id: str
    received_ns: int = 0


@dataclass(frozen=True, slots=True)
class SweepOrders:
    """Ask execution to look after working orders: cancel what is too old, resolve the unknown."""

    account: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class CancelOrders:
    """Ask execution to cancel one order, or all working ones of `scope` (as a halt's) when
    `client_order_id` is None.
    """

    account: str
    reason: str
    client_order_id: str | None = None
    scope: str = ACCOUNT


@dataclass(frozen=True, slots=True)
class OrderUpdated:
    """A fact about an order, as the broker's stream or REST told it."""

    account: str
    update: OrderUpdate
    source: str
    received_ns: int = 0


@dataclass(frozen=True, slots=True)
class UnreadableFrame:
    """A frame of the broker that could not be understood: kept as it came, and a reconcile is due.

    `raw` is at most 4,096 characters of it.
    """

    account: str
    raw: str
    problem: str


class EventName(StrEnum):
    """Business events on the bus (the cold path); names are stable."""

    ORDER_SUBMITTED = "OrderSubmitted"
    ORDER_FILLED = "OrderFilled"
    ORDER_CANCELED = "OrderCanceled"
    ORDER_REJECTED = "OrderRejected"
    ORDER_DENIED = "OrderDenied"
    EXTERNAL_ORDER = "ExternalOrder"
    ACTIVITY_BOOKED = "ActivityBooked"
    INVARIANT_BROKEN = "InvariantBroken"
    HALT_RAISED = "HaltRaised"
    HALT_LIFTED = "HaltLifted"
    RECONCILE_FAILED = "ReconcileFailed"
    BAR_QUARANTINED = "BarQuarantined"
    MESSAGE_QUARANTINED = "MessageQuarantined"
    MESSAGE_GIVEN_UP = "MessageGivenUp"
    GAP_FOUND = "GapFound"
    SESSION_OPENED = "SessionOpened"
    SESSION_CLOSED = "SessionClosed"
    REPORT_READY = "ReportReady"


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """Something a person or a report may want to know; never on the money path.

    `fields` are display strings; the ledger has the numbers.
    """

    account: str
    name: EventName
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)


Payload = (
    MinuteClosed
    | AssessSignal
    | SubmitOrder
    | SweepOrders
    | CancelOrders
    | OrderUpdated
    | UnreadableFrame
    | BusinessEvent
)


@dataclass(frozen=True, slots=True)
class Message:
    """One payload with its place in the chain bar -> signal -> intent -> order -> fill.

    `id` is a function of the content, `correlation_id` is shared by the whole chain,
    `causation_id` is the id of the message that caused this one, `occurred_at` is market time.
    """

    id: str
    correlation_id: str
    causation_id: str
    occurred_at: datetime
    payload: Payload
