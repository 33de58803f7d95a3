"""The life of an order: statuses, the transition table, and how updates are merged.

Updates arrive late, twice and out of order, from the stream and from REST. `merge` is therefore a
join: it keeps the most advanced fact (an end state above a live one, a later time above an earlier
one), so that any order of the same updates leaves the same order. What the table does not allow
raises, and an unknown status never falls into a default.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from quantterminal.domain.errors import IllegalTransitionError, InvalidValueError
from quantterminal.domain.signals import Side

EXTERNAL = "external"
"""Attribution of orders and positions that this system did not make."""
_ZERO = Decimal(0)


class OrderStatus(StrEnum):
    """Ours before the broker answered, then Alpaca's own words."""

    # ours: the broker has not confirmed anything
    PENDING_SUBMIT = "pending_submit"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    DENIED = "denied"
    ABANDONED = "abandoned"
    # the broker's: working
    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    ACCEPTED_FOR_BIDDING = "accepted_for_bidding"
    PENDING_REVIEW = "pending_review"
    HELD = "held"
    NEW = "new"
    CALCULATED = "calculated"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    PARTIALLY_FILLED = "partially_filled"
    DONE_FOR_DAY = "done_for_day"
    PENDING_REPLACE = "pending_replace"
    PENDING_CANCEL = "pending_cancel"
    # the broker's: final
    REPLACED = "replaced"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FILLED = "filled"

    @property
    def is_ours(self) -> bool:
        return self in _OURS

    @property
    def is_final(self) -> bool:
        """Nothing more is expected; late fills still count, and only they."""
        return self in _FINAL

    @property
    def is_working(self) -> bool:
        """The order may still trade, as far as anybody knows: its exposure is reserved."""
        return self not in _FINAL and self not in (OrderStatus.DENIED, OrderStatus.ABANDONED)


_S = OrderStatus
_OURS = frozenset({_S.PENDING_SUBMIT, _S.SUBMITTING, _S.UNKNOWN, _S.DENIED, _S.ABANDONED})
_FINAL = frozenset({_S.REPLACED, _S.REJECTED, _S.EXPIRED, _S.CANCELED, _S.FILLED})
_WORKING = frozenset(_S) - _OURS - _FINAL
_BROKER = _WORKING | _FINAL

# Which statuses may follow which. Between two updates others can be lost, so each working status
# reaches every status of the broker; what is forbidden is leaving an end, and going back to ours.
TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.PENDING_SUBMIT: frozenset({_S.SUBMITTING, _S.DENIED, _S.ABANDONED}) | _BROKER,
    # back to pending only when it is proved that nothing was sent; denied never again, because a
    # denial releases the exposure of what may have arrived
    _S.SUBMITTING: frozenset({_S.PENDING_SUBMIT, _S.UNKNOWN, _S.ABANDONED}) | _BROKER,
    _S.UNKNOWN: frozenset({_S.SUBMITTING, _S.ABANDONED}) | _BROKER,
    # given up after the broker denied knowing it for long; if it shows up all the same, it is real
    _S.ABANDONED: _BROKER,
    _S.DENIED: frozenset(),
    **dict.fromkeys(_WORKING, _BROKER),
    **dict.fromkeys(_FINAL, frozenset()),
}


class OrderEvent(StrEnum):
    """Alpaca's trade_updates events; `SNAPSHOT` is an order read over REST."""

    SNAPSHOT = "snapshot"
    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIAL_FILL = "partial_fill"
    FILL = "fill"
    CANCELED = "canceled"
    EXPIRED = "expired"
    DONE_FOR_DAY = "done_for_day"
    REPLACED = "replaced"
    REJECTED = "rejected"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    CALCULATED = "calculated"
    HELD = "held"
    RESTATED = "restated"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    PENDING_REVIEW = "pending_review"
    ORDER_CANCEL_REJECTED = "order_cancel_rejected"
    ORDER_REPLACE_REJECTED = "order_replace_rejected"


_E = OrderEvent
# The status that an event proves. None: the event says nothing of its own, the order's body does.
EVENT_STATUS: dict[OrderEvent, OrderStatus | None] = {
    _E.SNAPSHOT: None,
    _E.ACCEPTED: _S.ACCEPTED,
    _E.PENDING_NEW: _S.PENDING_NEW,
    _E.NEW: _S.NEW,
    _E.PARTIAL_FILL: None,  # a partial fill may come while a cancel is pending
    _E.FILL: _S.FILLED,
    _E.CANCELED: _S.CANCELED,
    _E.EXPIRED: _S.EXPIRED,
    _E.DONE_FOR_DAY: _S.DONE_FOR_DAY,
    _E.REPLACED: _S.REPLACED,
    _E.REJECTED: _S.REJECTED,
    _E.STOPPED: _S.STOPPED,
    _E.SUSPENDED: _S.SUSPENDED,
    _E.CALCULATED: _S.CALCULATED,
    _E.HELD: _S.HELD,
    _E.RESTATED: None,
    _E.PENDING_CANCEL: _S.PENDING_CANCEL,
    _E.PENDING_REPLACE: _S.PENDING_REPLACE,
    _E.PENDING_REVIEW: _S.PENDING_REVIEW,
    _E.ORDER_CANCEL_REJECTED: None,
    _E.ORDER_REPLACE_REJECTED: None,
}

_RANK = {status: rank for rank, status in enumerate(OrderStatus)}


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill as the broker reports it. `cumulative` is the order's filled quantity after it.

    `execution_id` is the broker's; the stream and the REST activities may name the same fill
    differently, so (order, cumulative) identifies it too.
    """

    execution_id: str
    quantity: Decimal
    price: Decimal
    cumulative: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """One fact about an order from the broker, by stream or REST, in our words."""

    client_order_id: str
    broker_order_id: str
    event: OrderEvent
    status: OrderStatus
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal | None
    filled_quantity: Decimal
    filled_average_price: Decimal | None
    at: datetime
    execution: Execution | None = None
    reason: str = ""
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def proves(self) -> OrderStatus:
        """The status that this update stands for; the event's own where it has one."""
        return EVENT_STATUS[self.event] or self.status


@dataclass(frozen=True, slots=True)
class Order:
    """One order of one intent. Quantities are shares, prices dollars, instants aware UTC.

    `filled_quantity` is what the broker reports, `booked_quantity` the sum of its executions that
    are in the books: a report may come first. `replaces` and `replaced_by` are the broker's ids of
    the neighbours in a chain of replacements. `status_at` is the broker's time of the status (ours
    while the broker has said nothing), of an end the earliest that proves it; `version` counts
    changes; `cancel_reason` is set when we asked for the cancel.
    """

    client_order_id: str
    intent_id: str
    account: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    status: OrderStatus
    status_at: datetime
    filled_quantity: Decimal = _ZERO
    broker_order_id: str | None = None
    submitted_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    cancel_reason: str = ""
    reason: str = ""
    attempts: int = 0
    latency_us: int | None = None
    version: int = 1
    booked_quantity: Decimal = _ZERO
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def remaining(self) -> Decimal:
        """Shares that may still trade; zero once nothing is working."""
        if not self.status.is_working:
            return _ZERO
        return max(self.quantity - self.filled_quantity, _ZERO)

    @property
    def unbooked(self) -> Decimal:
        """Shares that the broker reports as filled and whose executions are not in the books."""
        return max(self.filled_quantity - self.booked_quantity, _ZERO)

    @property
    def exposure(self) -> Decimal:
        """Shares by which the booked position may still change: what is to be reserved.

        What is reported as filled counts here until it counts in the position, whatever became of
        the order, so that position and exposure together are never too small.
        """
        return self.remaining + self.unbooked


def merge(order: Order, update: OrderUpdate) -> Order:
    """The order after one more fact; the same object when the fact brings nothing new.

    Raises InvalidValueError when the update is about another order, IllegalTransitionError when
    the broker contradicts one end with another, or knows an order that we denied. A live status
    after an end is an update that came late: only its fills count.
    """
    if update.client_order_id != order.client_order_id:
        raise InvalidValueError(
            f"Expected an update of {order.client_order_id}, was of {update.client_order_id}"
        )
    status, status_at = _later_status(order, update.proves, update.at)
    advances = (status, status_at) != (order.status, order.status_at)
    merged = replace(
        order,
        status=status,
        status_at=status_at,
        filled_quantity=max(order.filled_quantity, update.filled_quantity),
        broker_order_id=order.broker_order_id or update.broker_order_id,
        reason=(advances and update.reason) or order.reason or update.reason,
        replaces=order.replaces or update.replaces,
        replaced_by=order.replaced_by or update.replaced_by,
    )
    return order if merged == order else replace(merged, version=order.version + 1)


def absorb(order: Order, update: OrderUpdate) -> tuple[Order, str]:
    """As `merge`; where the table refuses the status, the order with what was filled all the same,
    and what was refused.
    """
    try:
        return merge(order, update), ""
    except IllegalTransitionError as problem:
        filled = max(order.filled_quantity, update.filled_quantity)
        if filled == order.filled_quantity:
            return order, str(problem)
        return replace(order, filled_quantity=filled, version=order.version + 1), str(problem)


def external_order(account: str, update: OrderUpdate) -> Order:
    """An order of the account that the broker knows and we do not, as `update` tells it."""
    return Order(
        client_order_id=update.client_order_id,
        intent_id="",
        account=account,
        strategy=EXTERNAL,
        symbol=update.symbol,
        side=update.side,
        quantity=update.quantity,
        limit_price=update.limit_price or _ZERO,
        status=update.proves,
        status_at=update.at,
        filled_quantity=update.filled_quantity,
        broker_order_id=update.broker_order_id,
        replaces=update.replaces,
        replaced_by=update.replaced_by,
    )


def book(order: Order, execution: Execution, *, version: int) -> Order:
    """The order after one of its executions has come into the books, at that version."""
    return replace(
        order,
        filled_quantity=max(order.filled_quantity, execution.cumulative),
        booked_quantity=order.booked_quantity + execution.quantity,
        version=version,
    )


def move(order: Order, status: OrderStatus, *, at: datetime, reason: str = "") -> Order:
    """The order after something that we did or saw ourselves; a rejection in the answer to a submit
    is the one status of the broker that comes this way.

    Raises IllegalTransitionError when the table does not allow it, and once the broker has spoken:
    from then on only its updates change the status, by `merge`.
    """
    if not order.status.is_ours or status not in TRANSITIONS[order.status]:
        raise IllegalTransitionError(
            f"Expected a status after {order.status}, was {status} ({order.client_order_id})"
        )
    return replace(
        order,
        status=status,
        status_at=at,
        reason=reason or order.reason,
        version=order.version + 1,
    )


def _later_status(order: Order, proved: OrderStatus, at: datetime) -> tuple[OrderStatus, datetime]:
    current = (_class(order.status), order.status_at, _RANK[order.status])
    offered = (_class(proved), at, _RANK[proved])
    if order.status.is_final or order.status is OrderStatus.DENIED:
        if order.status is OrderStatus.DENIED or (proved.is_final and proved != order.status):
            raise IllegalTransitionError(
                f"Expected {order.status} to be final, the broker says {proved} at {at}"
                f" ({order.client_order_id})"
            )
        return order.status, min(order.status_at, at) if proved.is_final else order.status_at
    if offered <= current:
        return order.status, order.status_at
    if proved not in TRANSITIONS[order.status]:
        raise IllegalTransitionError(
            f"Expected a status after {order.status}, the broker says {proved} at {at}"
            f" ({order.client_order_id})"
        )
    return proved, at


def _class(status: OrderStatus) -> int:
    if status.is_ours:
        return 0
    return 2 if status.is_final else 1
