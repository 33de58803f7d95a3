"""A broker that speaks Alpaca's bodies, and whose orders live through what its orders live through.

Its books are the truth that the oracle reads: `orders`, `fills`, `activities`, `cash`. Nothing of
the product is used to keep them. What happens to an order is drawn, or with `is_by_hand` left to
whoever calls `fill`, `end`, `replace` and their like.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from tests.simulation.chaos import Chaos
from tests.simulation.faults import Fault
from tests.simulation.loop import Loop
from tests.simulation.models import broker_refusals as refusals
from tests.simulation.models.broker_books import (
    Books,
    BrokerActivity,
    BrokerFill,
    BrokerOrder,
    QueryError,
    order_json,
    stamp,
)
from tests.simulation.models.broker_refusals import Reply

__all__ = ["BrokerFill", "BrokerOrder", "ModelBroker", "Reply"]

_CENT = Decimal("0.01")
_PER_MINUTE = 200
_NEW_YORK = ZoneInfo("America/New_York")
_GTC_DAYS, _GTC_ENDS = 90, time(16, 15)
_FIRST_KEYS = ("key", "secret")
_OPENING = {"buy": "long buy", "sell": "short sell"}


@dataclass(slots=True)
class ModelBroker:
    """One account. `publish` takes each event of `trade_updates` as bytes of JSON.

    `ahead` is how far its clock, and so every time that it tells, is from ours. `symbols` None
    means that it knows every symbol. `keys` are those that it takes, `vault` those that a secret
    store would hand out. `spare_power` is the share of the buying power that it grants.
    """

    loop: Loop
    chaos: Chaos
    start_cash: Decimal
    publish: Callable[[bytes, str], None] = lambda _frame, _symbol: None
    filled: Callable[[BrokerFill], None] = lambda _fill: None
    symbols: frozenset[str] | None = None
    is_by_hand: bool = False
    ahead: timedelta = timedelta(0)
    spare_power: Decimal = Decimal(1)
    keys: tuple[str, str] = _FIRST_KEYS
    vault: tuple[str, str] = _FIRST_KEYS
    untradable: set[str] = field(default_factory=set)
    refused_ids: set[str] = field(default_factory=set)
    books: Books = field(init=False)
    _requests: list[float] = field(default_factory=list)
    _ids: int = 0

    def __post_init__(self) -> None:
        self.books = Books(self.start_cash)

    @property
    def orders(self) -> dict[str, BrokerOrder]:
        return self.books.orders

    @property
    def fills(self) -> list[BrokerFill]:
        return self.books.fills

    @property
    def activities(self) -> list[BrokerActivity]:
        return self.books.activities

    @property
    def cash(self) -> Decimal:
        return self.books.cash

    @property
    def now(self) -> datetime:
        """The time on its own clock."""
        return self.loop.now + self.ahead

    def position(self, symbol: str) -> int:
        return self.books.held.get(symbol, 0)

    def positions(self) -> dict[str, int]:
        return dict(self.books.held)

    def order_of(self, client_order_id: str) -> BrokerOrder:
        return self.books.by_client_id[client_order_id]

    # what it is asked

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
        try:
            return self._read(parts.path, query)
        except QueryError as problem:
            return refusals.BAD_QUERY.reply(problem)

    def accept(self, request: dict[str, str], *, is_foreign: bool = False) -> Reply:
        """POST /v2/orders. What is foreign passes the rules of this account unseen."""
        client_order_id = request["client_order_id"]
        refusal = None if is_foreign else self._unknown_terms(request)
        if refusal is None and client_order_id in self.books.by_client_id:
            self.chaos.note(Fault.SENT_AGAIN, "broker")
            refusal = refusals.DUPLICATE.reply()
        if refusal is not None:
            return refusal
        order = self._drafted(request, is_foreign=is_foreign)
        refusal = None if is_foreign else self._against_rules(order)
        if refusal is not None:
            return refusal
        self.books.add(order)
        self.loop.tell(f"broker accepts {client_order_id}")
        shown = order_json(order)
        self._set(order, order.status, order.status)
        self._begin(order)
        return 200, {}, shown

    def _read(self, path: str, query: dict[str, str]) -> Reply:
        books = self.books
        if path == "/v2/orders:by_client_order_id":
            order = books.by_client_id.get(query["client_order_id"])
            if order is None:
                return refusals.NOT_FOUND.reply(query["client_order_id"])
            return 200, {}, order_json(order)
        routes: dict[str, Callable[[], Any]] = {
            "/v2/orders": lambda: books.orders_page(query),
            "/v2/account/activities": lambda: books.activities_page(query),
            "/v2/account/activities/FILL": lambda: books.activities_page(query, kind="FILL"),
            "/v2/positions": books.positions_json,
            "/v2/account": lambda: books.account_json(power=self.buying_power()),
            "/v2/clock": lambda: {"timestamp": stamp(self.now)},
        }
        return (200, {}, routes[path]()) if path in routes else refusals.NO_ENDPOINT.reply()

    def buying_power(self) -> Decimal:
        return self.books.buying_power() * self.spare_power

    def limited(self) -> Reply:
        """429 with the instant from which requests are answered again."""
        reset = int(self.loop.now.timestamp()) + 2
        status, _, body = refusals.RATE_LIMITED.reply()
        return status, {"X-RateLimit-Reset": str(reset)}, body

    def _limited(self) -> Reply | None:
        now = self.loop.seconds
        self._requests = [at for at in self._requests if now - at < 60]
        if len(self._requests) >= _PER_MINUTE:
            self.chaos.note(Fault.READ_LIMITED, "broker")
            return self.limited()
        self._requests.append(now)
        return None

    # its rules

    def _unknown_terms(self, request: dict[str, str]) -> Reply | None:
        symbol, limit = request["symbol"], Decimal(request["limit_price"])
        if self.symbols is not None and symbol not in self.symbols:
            return refusals.NO_SUCH_ASSET.reply(symbol)
        if symbol in self.untradable:
            return refusals.NOT_TRADABLE.reply(symbol)
        if Decimal(request["qty"]) % 1:
            return refusals.FRACTIONAL.reply()
        if limit >= 1 and limit != limit.quantize(_CENT):
            return refusals.SUB_PENNY.reply(f"{limit.normalize():f}")
        return None

    def _against_rules(self, order: BrokerOrder) -> Reply | None:
        books = self.books
        for other in books.open_orders(order.symbol):
            if other.side != order.side and _could_meet(order, other):
                self.chaos.note(Fault.WASH_TRADE, "broker")
                return refusals.WASH_TRADE.reply(
                    existing_order_id=other.id, reject_reason="opposite side limit order exists"
                )
        if books.opens(order.symbol, order.side):
            return self._cannot_open(order)
        closing = [o for o in books.open_orders(order.symbol) if o.side == order.side]
        available = abs(self.position(order.symbol)) - sum(other.left for other in closing)
        if order.quantity > available:
            return refusals.QUANTITY.reply(order.quantity, max(available, 0), symbol=order.symbol)
        return None

    def _cannot_open(self, order: BrokerOrder) -> Reply | None:
        books = self.books
        for other in books.open_orders(order.symbol):
            if other.side != order.side and books.opens(other.symbol, other.side):
                return refusals.OPENS_AGAINST.reply(_OPENING[order.side], _OPENING[other.side])
        cost, power = books.cost(order), self.buying_power()
        if cost > power:
            self.chaos.note(Fault.POWER_SHORT, "broker")
            return refusals.BUYING_POWER.reply(buying_power=str(power), cost_basis=str(cost))
        return None

    # the life of an order

    def _drafted(self, request: dict[str, str], *, is_foreign: bool) -> BrokerOrder:
        return self._draft(
            client_order_id=request["client_order_id"],
            symbol=request["symbol"],
            side=request["side"],
            quantity=int(Decimal(request["qty"])),
            limit=Decimal(request["limit_price"]),
            is_foreign=is_foreign,
        )

    def _draft(self, *, status: str = "pending_new", **terms: Any) -> BrokerOrder:
        self._ids += 1
        now = self.now
        return BrokerOrder(
            id=f"order-{self._ids}", status=status, submitted_at=now, updated_at=now, **terms
        )

    def _begin(self, order: BrokerOrder) -> None:
        happens, tape = self.chaos.happens, self.loop.tape
        self.loop.at(self._expiry_us(order), lambda: self.end(order, "expired"))
        if self.is_by_hand:
            self._later("order is new", 0.005, 0.3, lambda: self.become_new(order))
            return
        if happens(Fault.STUCK_NEW, "broker"):
            order.is_stuck = True
            if tape.pick("where it is stuck", 2):
                self._set(order, "accepted", "accepted")
            return
        if happens(Fault.REJECTED_LATE, "broker"):
            self._later("rejection", 0.01, 2.0, lambda: self.end(order, "rejected"))
            return
        if happens(Fault.FILLED_FIRST, "broker"):
            self.fill(order, order.left)
            return
        self._later("order is new", 0.005, 0.3, lambda: self.become_new(order))
        self._live(order)

    def _live(self, order: BrokerOrder) -> None:
        """What becomes of an order that works."""
        happens, tape = self.chaos.happens, self.loop.tape
        if happens(Fault.REPLACED_UNASKED, "broker"):
            self._later("adjustment", 0.5, 20.0, lambda: self.replace(order))
        elif happens(Fault.EXPIRED, "broker"):
            self._later("expiry", 0.5, 25.0, lambda: self.end(order, "expired"))
        elif happens(Fault.RESTS, "broker"):
            if not tape.chance("rests for good", 0.5):
                self._later("late fill", 20.0, 90.0, lambda: self.fill(order, order.left))
        elif happens(Fault.PARTIALLY_FILLED, "broker"):
            self._fill_in_parts(order)
        else:
            self._later("fill", 0.02, 4.0, lambda: self.fill(order, order.left))

    def become_new(self, order: BrokerOrder) -> None:
        if order.status in ("pending_new", "accepted"):
            self._set(order, "new", "new")

    def fill(self, order: BrokerOrder, quantity: int, price: Decimal | None = None) -> None:
        """Execute that many shares, or what is left, at a price no worse than the limit."""
        quantity = min(quantity, order.left)
        if not order.is_open or quantity <= 0:
            return
        if order.symbol in self.untradable:
            again = self.loop.tape.seconds("broker fill after the halt", 5.0, 40.0)
            self.loop.after(again, lambda: self.fill(order, quantity, price))
            return
        if price is None:
            better = _CENT * self.loop.tape.pick("price improvement", 3)
            price = order.limit - better if order.side == "buy" else order.limit + better
        fill = self.books.execute(order, quantity, price, self.now)
        self.filled(fill)
        if order.left:
            kept = ("pending_cancel", "pending_replace")
            status = order.status if order.status in kept else "partially_filled"
            self._set(order, status, "partial_fill", fill)
        else:
            self.end(order, "filled", fill)

    def end(self, order: BrokerOrder, status: str, fill: BrokerFill | None = None) -> None:
        """An end that nothing follows; what has ended already stays as it is."""
        if order.is_open:
            order.ended_at = self.now
            self._set(order, status, "fill" if status == "filled" else status, fill)

    def replace(self, order: BrokerOrder) -> None:
        """Nobody asked: a corporate action adjusts the limit of an order that rests.

        The new order has an id that is not ours. Until the exchange has taken it the old one may
        still fill, and then the new one is rejected.
        """
        if not order.is_open or order.status == "pending_cancel":
            return
        successor = self._draft(
            status="accepted",
            client_order_id=f"{order.id}-adjusted",
            symbol=order.symbol,
            side=order.side,
            quantity=order.left,
            limit=order.limit - _CENT,
            is_foreign=True,
            replaces=order.id,
        )
        self.books.add(successor)
        order.replaced_by = successor.id
        self._set(order, "pending_replace", "pending_replace")
        if self.chaos.happens(Fault.REPLACE_RACED, "broker"):
            self._later("fill before the replacement", 0.01, 0.3, lambda: self._raced(order))
        else:
            self._later("replacement", 0.02, 0.5, lambda: self.finish_replace(order))

    def finish_replace(self, order: BrokerOrder) -> None:
        """The exchange takes the new order, or the old one was filled before."""
        successor = self.orders[str(order.replaced_by)]
        if order.status != "pending_replace":
            self.end(successor, "rejected")
            return
        self.end(order, "replaced")
        self.become_new(successor)
        if not self.is_by_hand:
            self._live(successor)

    def _raced(self, order: BrokerOrder) -> None:
        self.fill(order, order.left)
        self.finish_replace(order)

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
                lambda last=last: self.fill(order, order.left if last else order.quantity // parts),
            )
            shortest += 0.05

    def _cancel(self, order_id: str) -> Reply:
        order = self.orders.get(order_id)
        if order is None:
            return refusals.NOT_FOUND.reply(order_id)
        if order.status == "pending_cancel":
            return 204, {}, None
        if not order.is_open:
            return refusals.NOT_CANCELABLE.reply()
        self._set(order, "pending_cancel", "pending_cancel")
        if self.chaos.happens(Fault.CANCEL_RACED, "broker"):
            self._later("racing fill", 0.001, 0.5, lambda: self.fill(order, order.left))
        stuck = self.chaos.happens(Fault.STUCK_CANCEL, "broker")
        shortest, longest = (60.0, 300.0) if stuck else (0.01, 0.8)
        self._later("cancel", shortest, longest, lambda: self.end(order, "canceled"))
        return 204, {}, None

    # what is no order

    def act(self, kind: str, symbol: str, *, shares: int = 0, cash: str = "0") -> BrokerActivity:
        """A dividend, a fee, a split: books and list change at once, the stream says nothing."""
        activity = BrokerActivity(
            id=f"{self.now:%Y%m%d}000000000::activity-{len(self.activities) + 1}",
            kind=kind,
            symbol=symbol,
            at=self.now,
            shares=shares,
            cash=Decimal(cash),
        )
        self.books.act(activity)
        self.loop.tell(f"broker {kind} {symbol} {shares} {cash}")
        return activity

    def stop(self, symbol: str) -> None:
        """Trading in `symbol` is halted: orders are refused, and those that work are suspended."""
        self.untradable.add(symbol)
        for order in self.books.open_orders(symbol):
            if order.status in ("new", "partially_filled"):
                self._set(order, "suspended", "suspended")

    def resume(self, symbol: str) -> None:
        self.untradable.discard(symbol)
        for order in self.books.open_orders(symbol):
            if order.status == "suspended":
                self._set(order, "new", "new")

    def _later(self, label: str, shortest: float, longest: float, what: Callable[[], None]) -> None:
        self.loop.after(self.loop.tape.seconds(f"broker {label}", shortest, longest), what)

    def _expiry_us(self, order: BrokerOrder) -> int:
        last = order.submitted_at.astimezone(_NEW_YORK).date() + timedelta(days=_GTC_DAYS)
        ends = datetime.combine(last, _GTC_ENDS, _NEW_YORK) - self.ahead
        return round((ends - self.loop.start) / timedelta(microseconds=1))

    def _set(
        self, order: BrokerOrder, status: str, event: str, fill: BrokerFill | None = None
    ) -> None:
        order.status, order.updated_at = status, self.now
        data: dict[str, Any] = {
            "event": event,
            "timestamp": stamp(self.now),
            "order": order_json(order),
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


def _could_meet(one: BrokerOrder, other: BrokerOrder) -> bool:
    buy, sell = (one, other) if one.side == "buy" else (other, one)
    return buy.limit >= sell.limit
