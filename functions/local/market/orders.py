"""An order at the broker: what was asked for, what became of it, and how Alpaca writes it down."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from local.market.wire import plain, stamp, stamp_or_none

Side = Literal["buy", "sell"]
OrderType = Literal["market", "limit"]
TimeInForce = Literal["day", "gtc", "ioc"]

OPEN_STATUSES = frozenset({"accepted", "pending_new", "new", "partially_filled"})
_AVERAGE_DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A checked request for an order: whole shares, prices on the tick."""

    symbol: str
    side: Side
    qty: Decimal
    type: OrderType
    limit_price: Decimal | None
    time_in_force: TimeInForce
    client_order_id: str
    extended_hours: bool = False


@dataclass(slots=True)
class BrokerOrder:
    """One order with its life so far; only the matching engine changes it."""

    id: str
    asset_id: str
    ticket: Ticket
    intent: str
    status: str
    created_at: datetime
    submitted_at: datetime
    updated_at: datetime
    expires_at: datetime
    filled_qty: Decimal = field(default=Decimal(0))
    filled_notional: Decimal = field(default=Decimal(0))
    filled_at: datetime | None = None
    expired_at: datetime | None = None
    canceled_at: datetime | None = None
    failed_at: datetime | None = None
    replaced_at: datetime | None = None
    replaced_by: str | None = None
    replaces: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_opening(self) -> bool:
        """Adds to a position (or starts one), so that it needs buying power."""
        return self.intent.endswith("_to_open")

    @property
    def remaining(self) -> Decimal:
        return self.ticket.qty - self.filled_qty

    @property
    def filled_avg_price(self) -> Decimal | None:
        if not self.filled_qty:
            return None
        return (self.filled_notional / self.filled_qty).quantize(_AVERAGE_DIGITS)


def order_json(order: BrokerOrder) -> dict[str, Any]:
    """The order as Alpaca's REST and stream show it: decimals are strings, absent is null."""
    ticket, average = order.ticket, order.filled_avg_price
    return {
        "id": order.id,
        "client_order_id": ticket.client_order_id,
        "created_at": stamp(order.created_at),
        "updated_at": stamp(order.updated_at),
        "submitted_at": stamp(order.submitted_at),
        "filled_at": stamp_or_none(order.filled_at),
        "expired_at": stamp_or_none(order.expired_at),
        "expires_at": stamp(order.expires_at),
        "canceled_at": stamp_or_none(order.canceled_at),
        "failed_at": stamp_or_none(order.failed_at),
        "replaced_at": stamp_or_none(order.replaced_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": order.asset_id,
        "symbol": ticket.symbol,
        "asset_class": "us_equity",
        "notional": None,
        "qty": plain(ticket.qty),
        "filled_qty": plain(order.filled_qty),
        "filled_avg_price": None if average is None else plain(average),
        "order_class": "",
        "order_type": ticket.type,
        "type": ticket.type,
        "side": ticket.side,
        "time_in_force": ticket.time_in_force,
        "limit_price": None if ticket.limit_price is None else plain(ticket.limit_price),
        "stop_price": None,
        "status": order.status,
        "extended_hours": ticket.extended_hours,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "position_intent": order.intent,
        "subtag": None,
        "source": None,
    }
