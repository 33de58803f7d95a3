"""A broker that speaks Alpaca's bodies, and whose orders live through what its orders live through.

Its books are the truth that the oracle reads: `orders`, `fills`, `cash`. Nothing of the product is
used to keep them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.simulation.chaos import Chaos
from tests.simulation.faults import Fault
from tests.simulation.loop import Loop

_CENT = Decimal("0.01")
_OPEN = frozenset({"accepted", "pending_new", "new", "partially_filled", "pending_cancel"})
_PER_MINUTE = 200

Reply = tuple[int, dict[str, str], Any]


@dataclass(slots=True)
class BrokerOrder:
    """One order in the broker's own books."""

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
    paid: Decimal = Decimal(0)
    is_foreign: bool = False
    is_stuck: bool = False
    ended_at: datetime | None = None

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


@dataclass(slots=True)
class ModelBroker:
    """One account. `publish` takes each event of `trade_updates` as bytes of JSON."""

    loop: Loop
    chaos: Chaos
    cash: Decimal
    publish: Callable[[bytes, str], None] = lambda _frame, _symbol: None
    filled: Callable[[BrokerFill], None] = lambda _fill: None
    orders: dict[str, BrokerOrder] = field(default_factory=dict)
    fills: list[BrokerFill] = field(default_factory=list)
    refused_ids: set[str] = field(default_factory=set)
    _by_client_id: dict[str, BrokerOrder] = field(default_factory=dict)
    _requests: list[float] = field(default_factory=list)

    def answer(self, method: str, target: str, body: bytes | None) -> Reply:
        """What the server answers, and does."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        limited = self._limited()
        if limited is not None:
            return limited
        if method == "POST":
            return self.accept(msgspec.json.decode(body or b"{}"))
        if method == "DELETE":
            return self._cancel(parts.path.rsplit("/", 1)[-1])
        return self._read(parts.path, query)

    def accept(self, request: dict[str, str], *, is_foreign: bool = False) -> Reply:
        """POST /v2/orders."""
        client_order_id = request["client_order_id"]
        if client_order_id in self._by_client_id:
            return _error(422, 40010001, "client_order_id must be unique")
        refusal = self._refusal(request)
        if refusal is not None and not is_foreign:
            return refusal
        now = self.loop.now
        order = BrokerOrder(
            id=f"order-{len(self.orders) + 1}",
            client_order_id=client_order_id,
            symbol=request["symbol"],
            side=request["side"],
            quantity=int(request["qty"]),
            limit=Decimal(request["limit_price"]),
            status="pending_new",
            submitted_at=now,
            updated_at=now,
            is_foreign=is_foreign,
        )
        self.orders[order.id] = self._by_client_id[client_order_id] = order
        self.loop.tell(f"broker accepts {client_order_id}")
        self._begin(order)
        return 200, {}, self.order_json(order)

    def position(self, symbol: str) -> int:
        return sum(
            fill.quantity if fill.side == "buy" else -fill.quantity
            for fill in self.fills
            if fill.symbol == symbol
        )

    def positions(self) -> dict[str, int]:
        held: dict[str, int] = {}
        for fill in self.fills:
            signed = fill.quantity if fill.side == "buy" else -fill.quantity
            held[fill.symbol] = held.get(fill.symbol, 0) + signed
        return {symbol: quantity for symbol, quantity in held.items() if quantity}

    def order_json(self, order: BrokerOrder) -> dict[str, Any]:
        average = order.paid / order.filled if order.filled else None
        return {
            "id": order.id,
            "client_order_id": order.client_order_id,
            "created_at": _stamp(order.submitted_at),
            "updated_at": _stamp(order.updated_at),
            "submitted_at": _stamp(order.submitted_at),
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

    # the life of an order

    def _begin(self, order: BrokerOrder) -> None:
        happens, tape = self.chaos.happens, self.loop.tape
        if happens(Fault.STUCK_NEW, "broker"):
            order.is_stuck = True
            return
        if happens(Fault.REJECTED_LATE, "broker"):
            self._later("rejection", 0.01, 2.0, lambda: self._end(order, "rejected"))
            return
        if happens(Fault.FILLED_FIRST, "broker"):
            self._fill(order, order.left)
            return
        self._later("order is new", 0.005, 0.3, lambda: self._become_new(order))
        if happens(Fault.RESTS, "broker"):
            if tape.chance("rests for good", 0.5):
                return
            self._later("late fill", 20.0, 90.0, lambda: self._fill(order, order.left))
        elif happens(Fault.PARTIALLY_FILLED, "broker"):
            self._fill_in_parts(order)
        else:
            self._later("fill", 0.02, 4.0, lambda: self._fill(order, order.left))

    def _become_new(self, order: BrokerOrder) -> None:
        if order.status == "pending_new":
            self._set(order, "new", "new")

    def _fill_in_parts(self, order: BrokerOrder) -> None:
        parts = 2 + self.loop.tape.pick("parts of a fill", 3)
        stops = self.loop.tape.chance("the rest never fills", 0.3)
        shortest = 0.05
        for number in range(parts):
            if stops and number == parts - 1:
                return
            last = number == parts - 1
            self._later(
                f"part {number}",
                shortest,
                shortest + 12.0,
                lambda last=last: self._fill(
                    order, order.left if last else order.quantity // parts
                ),
            )
            shortest += 0.05

    def _later(self, label: str, shortest: float, longest: float, what: Callable[[], None]) -> None:
        self.loop.after(self.loop.tape.seconds(f"broker {label}", shortest, longest), what)

    def _fill(self, order: BrokerOrder, quantity: int) -> None:
        quantity = min(quantity, order.left)
        if not order.is_open or quantity <= 0:
            return
        better = _CENT * self.loop.tape.pick("price improvement", 3)
        price = order.limit - better if order.side == "buy" else order.limit + better
        order.filled += quantity
        order.paid += price * quantity
        number = len(self.fills) + 1
        fill = BrokerFill(
            execution_id=f"execution-{number}",
            activity_id=f"{self.loop.now:%Y%m%d%H%M%S}000::{number:06d}",
            order_id=order.id,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            cumulative=order.filled,
            at=self.loop.now,
        )
        self.fills.append(fill)
        self.cash += price * quantity * (-1 if order.side == "buy" else 1)
        self.filled(fill)
        if order.left:
            status = order.status if order.status == "pending_cancel" else "partially_filled"
            self._set(order, status, "partial_fill", fill)
        else:
            self._end(order, "filled", fill)

    def _end(self, order: BrokerOrder, status: str, fill: BrokerFill | None = None) -> None:
        if order.is_open:
            order.ended_at = self.loop.now
            self._set(order, status, "fill" if status == "filled" else status, fill)

    def _set(
        self, order: BrokerOrder, status: str, event: str, fill: BrokerFill | None = None
    ) -> None:
        order.status, order.updated_at = status, self.loop.now
        data: dict[str, Any] = {
            "event": event,
            "timestamp": _stamp(self.loop.now),
            "order": self.order_json(order),
        }
        if fill is not None:
            data |= {
                "execution_id": fill.execution_id,
                "price": str(fill.price),
                "qty": str(fill.quantity),
                "position_qty": str(self.position(order.symbol)),
            }
        self.loop.tell(f"broker {event} {order.client_order_id} {order.filled}")
        frame = msgspec.json.encode({"stream": "trade_updates", "data": data})
        self.publish(frame, order.symbol)

    def _cancel(self, order_id: str) -> Reply:
        order = self.orders.get(order_id)
        if order is None:
            return _error(404, 40410000, f"order not found for {order_id}")
        if order.status == "pending_cancel":
            return 204, {}, None
        if not order.is_open:
            return _error(422, 42210000, f"order is already in {order.status} state")
        self._set(order, "pending_cancel", "pending_cancel")
        if self.chaos.happens(Fault.CANCEL_RACED, "broker"):
            self._later("racing fill", 0.001, 0.5, lambda: self._fill(order, order.left))
        stuck = self.chaos.happens(Fault.STUCK_CANCEL, "broker")
        shortest, longest = (60.0, 300.0) if stuck else (0.01, 0.8)
        self._later("cancel", shortest, longest, lambda: self._end(order, "canceled"))
        return 204, {}, None

    # what it tells

    def _read(self, path: str, query: dict[str, str]) -> Reply:
        if path == "/v2/orders:by_client_order_id":
            order = self._by_client_id.get(query["client_order_id"])
            if order is None:
                return _error(404, 40410000, "order not found")
            return 200, {}, self.order_json(order)
        routes: dict[str, Callable[[dict[str, str]], Any]] = {
            "/v2/orders": self._list_orders,
            "/v2/account/activities/FILL": self._list_fills,
            "/v2/account/activities": lambda _query: [],
            "/v2/clock": lambda _query: {"timestamp": _stamp(self.loop.now)},
            "/v2/positions": self._list_positions,
            "/v2/account": self._account_json,
        }
        return 200, {}, routes[path](query)

    def _list_positions(self, _query: dict[str, str]) -> list[dict[str, Any]]:
        held = sorted(self.positions().items())
        return [_position_json(symbol, quantity) for symbol, quantity in held]

    def _account_json(self, _query: dict[str, str]) -> dict[str, str]:
        return dict.fromkeys(("cash", "equity", "buying_power"), str(self.cash))

    def _list_orders(self, query: dict[str, str]) -> list[dict[str, Any]]:
        after = datetime.fromisoformat(query["after"])
        found = [
            order
            for order in self.orders.values()
            if order.submitted_at > after and (query["status"] == "all" or order.is_open)
        ]
        found.sort(key=lambda order: order.submitted_at)
        return [self.order_json(order) for order in found[: int(query["limit"])]]

    def _list_fills(self, query: dict[str, str]) -> list[dict[str, Any]]:
        after = datetime.fromisoformat(query["after"])
        found = [fill for fill in self.fills if fill.at > after]
        token = query.get("page_token")
        if token is not None:
            ids = [fill.activity_id for fill in found]
            found = found[ids.index(token) + 1 :]
        return [_fill_json(fill) for fill in found[: int(query["page_size"])]]

    def _refusal(self, request: dict[str, str]) -> Reply | None:
        against = "sell" if request["side"] == "buy" else "buy"
        for order in self.orders.values():
            if order.is_open and order.symbol == request["symbol"] and order.side == against:
                message = "potential wash trade detected. use complex orders"
                self.refused_ids.add(request["client_order_id"])
                return _error(403, 40310000, message, existing_order_id=order.id)
        return None

    def _limited(self) -> Reply | None:
        now = self.loop.seconds
        self._requests = [at for at in self._requests if now - at < 60]
        if len(self._requests) >= _PER_MINUTE:
            self.chaos.note(Fault.READ_LIMITED, "broker")
            return self.limited()
        self._requests.append(now)
        return None

    def limited(self) -> Reply:
        """429 with the instant from which requests are answered again."""
        reset = int(self.loop.now.timestamp()) + 2
        return 429, {"X-RateLimit-Reset": str(reset)}, {"message": "too many requests."}


def refused(broker: ModelBroker) -> Reply:
    """A refusal with one of the texts that were seen."""
    texts = (
        (403, 40310000, "insufficient buying power"),
        (403, 40310000, "insufficient qty available for order (requested: 10, available: 0)"),
        (422, 40010001, "order for us_equity not allowed for account"),
        (403, 40310000, "words that nobody has seen before"),
    )
    return _error(*texts[broker.loop.tape.pick("text of a refusal", len(texts))])


def _error(status: int, code: int, message: str, **more: str) -> Reply:
    return status, {}, {"code": code, "message": message, **more}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _position_json(symbol: str, quantity: int) -> dict[str, Any]:
    return {"symbol": symbol, "qty": str(quantity), "side": "long" if quantity > 0 else "short"}


def _fill_json(fill: BrokerFill) -> dict[str, Any]:
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
        "transaction_time": _stamp(fill.at),
    }
