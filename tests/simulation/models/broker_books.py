"""The broker's own books: orders, executions, what is no trade, cash and shares; and its lists.

This is the truth that the oracle reads; nothing of the product keeps it. Lists are paged as
Alpaca's are: orders 50 unless asked for up to 500, activities 100 at most, newest first by default.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

MULTIPLIER = 2
_OPEN = frozenset(
    {"accepted", "pending_new", "new", "partially_filled", "pending_cancel", "pending_replace"}
    | {"suspended", "held"}
)
_ORDERS_BY_DEFAULT, _MOST_ORDERS, _MOST_ACTIVITIES = 50, 500, 100
_SHORT_SALE_MARKUP = Decimal("1.03")
_ZERO = Decimal(0)


class QueryError(Exception):
    """A list was asked for in a way that the broker refuses."""


@dataclass(slots=True)
class BrokerOrder:
    """One order in the broker's own books. `is_foreign` is what no intent of ours asked for."""

    id: str
    client_order_id: str
    symbol: str
    side: str
    quantity: int
    limit: Decimal
    status: str
    submitted_at: datetime
    updated_at: datetime
    filled: int = 0
    paid: Decimal = _ZERO
    is_foreign: bool = False
    is_stuck: bool = False
    ended_at: datetime | None = None
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN

    @property
    def left(self) -> int:
        return self.quantity - self.filled


@dataclass(frozen=True, slots=True)
class BrokerFill:
    """One execution; the stream and the activities name it differently, as Alpaca's do."""

    execution_id: str
    activity_id: str
    order_id: str
    symbol: str
    side: str
    quantity: int
    price: Decimal
    cumulative: int
    at: datetime


@dataclass(frozen=True, slots=True)
class BrokerActivity:
    """Something that moved cash or shares and is no trade; only a split's `shares` move."""

    id: str
    kind: str
    symbol: str
    at: datetime
    shares: int = 0
    cash: Decimal = _ZERO
    status: str = "executed"


@dataclass(slots=True)
class Books:
    """`price` answers what a share is worth now, None where the market has no price yet."""

    cash: Decimal
    price: Callable[[str], Decimal | None] = lambda _symbol: None
    orders: dict[str, BrokerOrder] = field(default_factory=dict)
    by_client_id: dict[str, BrokerOrder] = field(default_factory=dict)
    fills: list[BrokerFill] = field(default_factory=list)
    activities: list[BrokerActivity] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)

    def add(self, order: BrokerOrder) -> None:
        self.orders[order.id] = self.by_client_id[order.client_order_id] = order

    def execute(
        self, order: BrokerOrder, quantity: int, price: Decimal, at: datetime
    ) -> BrokerFill:
        """Book an execution: the order, the shares and the cash move together."""
        order.filled += quantity
        order.paid += price * quantity
        number = len(self.fills) + 1
        fill = BrokerFill(
            execution_id=f"execution-{number}",
            activity_id=f"{at:%Y%m%d%H%M%S}000::{number:06d}",
            order_id=order.id,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            cumulative=order.filled,
            at=at,
        )
        self.fills.append(fill)
        sign = 1 if order.side == "buy" else -1
        self.cash -= sign * quantity * price
        self._move(order.symbol, sign * quantity)
        return fill

    def act(self, activity: BrokerActivity) -> None:
        """Book what is no trade."""
        self.activities.append(activity)
        self.cash += activity.cash
        if activity.kind == "SPLIT":
            self._move(activity.symbol, activity.shares)

    def _move(self, symbol: str, shares: int) -> None:
        held = self.held.get(symbol, 0) + shares
        if held:
            self.held[symbol] = held
        else:
            self.held.pop(symbol, None)

    def open_orders(self, symbol: str | None = None) -> list[BrokerOrder]:
        return [
            order
            for order in self.orders.values()
            if order.is_open and symbol in (None, order.symbol)
        ]

    def equity(self) -> Decimal:
        return self.cash + sum((self._worth(s) * q for s, q in self.held.items()), _ZERO)

    def buying_power(self) -> Decimal:
        """Regulation T: half of what is held, long or short, must be paid for."""
        invested = sum((self._worth(s) * abs(q) for s, q in self.held.items()), _ZERO)
        free = self.equity() * MULTIPLIER - invested
        return max(_ZERO, free - sum((self.cost(order) for order in self.open_orders()), _ZERO))

    def opens(self, symbol: str, side: str) -> bool:
        """Whether an order of that side would add to the position, and not close it."""
        held = self.held.get(symbol, 0)
        return held >= 0 if side == "buy" else held <= 0

    def cost(self, order: BrokerOrder) -> Decimal:
        """What the unfilled rest of an order holds of the buying power."""
        if not self.opens(order.symbol, order.side):
            return _ZERO
        price = order.limit
        if order.side == "sell":
            price = max(price, self._worth(order.symbol) * _SHORT_SALE_MARKUP)
        return order.left * price

    def _worth(self, symbol: str) -> Decimal:
        price = self.price(symbol)
        if price is not None:
            return price
        return next((f.price for f in reversed(self.fills) if f.symbol == symbol), _ZERO)

    # its lists

    def orders_page(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """GET /v2/orders."""
        status = query.get("status", "open")
        after = _instant(query.get("after"))
        found = [
            order
            for order in self.orders.values()
            if (status == "all" or order.is_open == (status == "open"))
            and (after is None or order.submitted_at > after)
        ]
        found.sort(key=lambda order: order.submitted_at)
        if query.get("direction", "desc") == "desc":
            found.reverse()
        most = _limit(query, "limit", _ORDERS_BY_DEFAULT, _MOST_ORDERS)
        return [order_json(order) for order in found[:most]]

    def activities_page(self, query: Mapping[str, str], *, kind: str = "") -> list[dict[str, Any]]:
        """GET /v2/account/activities[/KIND]."""
        rows: list[tuple[datetime, dict[str, Any]]] = []
        if kind == "FILL" or (not kind and query.get("category") != "non_trade_activity"):
            rows += [(fill.at, fill_json(fill)) for fill in self.fills]
        if not kind:
            rows += [(each.at, activity_json(each)) for each in self.activities]
        after = _instant(query.get("after"))
        found = [row for at, row in sorted(rows, key=_when) if after is None or at > after]
        if query.get("direction", "desc") == "desc":
            found.reverse()
        token = query.get("page_token")
        if token is not None:
            found = found[[row["id"] for row in found].index(token) + 1 :]
        return found[: _limit(query, "page_size", _MOST_ACTIVITIES, _MOST_ACTIVITIES)]

    def positions_json(self) -> list[dict[str, str]]:
        return [
            {
                "symbol": symbol,
                "qty": str(quantity),
                "side": "long" if quantity > 0 else "short",
                "market_value": str(self._worth(symbol) * quantity),
            }
            for symbol, quantity in sorted(self.held.items())
        ]

    def account_json(self, *, power: Decimal) -> dict[str, str]:
        return {
            "account_number": "MODEL0001",
            "status": "ACTIVE",
            "cash": str(self.cash),
            "equity": str(self.equity()),
            "buying_power": str(power),
            "multiplier": str(MULTIPLIER),
        }


def order_json(order: BrokerOrder) -> dict[str, Any]:
    """The order as REST and stream show it."""
    average = order.paid / order.filled if order.filled else None
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": stamp(order.submitted_at),
        "updated_at": stamp(order.updated_at),
        "submitted_at": stamp(order.submitted_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "symbol": order.symbol,
        "asset_class": "us_equity",
        "notional": None,
        "qty": str(order.quantity),
        "filled_qty": str(order.filled),
        "filled_avg_price": None if average is None else f"{average:.6f}",
        "order_class": "",
        "type": "limit",
        "side": order.side,
        "time_in_force": "gtc",
        "limit_price": str(order.limit),
        "status": order.status,
        "extended_hours": False,
        "legs": None,
    }


def fill_json(fill: BrokerFill) -> dict[str, Any]:
    return {
        "id": fill.activity_id,
        "activity_type": "FILL",
        "order_id": fill.order_id,
        "symbol": fill.symbol,
        "side": fill.side,
        "qty": str(fill.quantity),
        "price": str(fill.price),
        "cum_qty": str(fill.cumulative),
        "leaves_qty": "0",
        "transaction_time": stamp(fill.at),
    }


def activity_json(activity: BrokerActivity) -> dict[str, Any]:
    return {
        "id": activity.id,
        "activity_type": activity.kind,
        "date": f"{activity.at:%Y-%m-%d}",
        "created_at": stamp(activity.at),
        "symbol": activity.symbol,
        "qty": str(activity.shares),
        "net_amount": str(activity.cash),
        "status": activity.status,
    }


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _when(row: tuple[datetime, dict[str, Any]]) -> tuple[datetime, str]:
    return row[0], row[1]["id"]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _limit(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    asked = int(query.get(name, default))
    if not 1 <= asked <= most:
        raise QueryError(f"{name} must be between 1 and {most}")
    return asked
