"""The broker's engine: takes orders, matches them on price points, keeps the account.

It does no I/O and reads no clock: every call brings the market's time with it, and answers with
the trade updates that it caused, in order. The same calls give the same bytes, ids included.
Time passes in `advance` only (and `on_prices`), which comes before every other call: a refusal
must not swallow the expiries that happened to be due.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from local.market import refusals
from local.market.account import Account
from local.market.order_checks import check_order, intent_of
from local.market.orders import BrokerOrder, Side, Ticket, order_json
from local.market.price_path import POINT_OFFSETS_MS, PricePoint
from local.market.wire import new_york, plain, stamp
from quantterminal.domain.sessions import (
    NEW_YORK,
    Session,
    new_york_date,
    next_session,
    session_at,
    session_on,
)

Update = dict[str, Any]

_SMALLEST_LIQUIDITY = 100
_GTC_DAYS = 90
_GTC_ENDS = time(16, 15)  # New York; Alpaca cancels aged GTC orders after the close
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """The order as the REST answer shows it, and what the stream tells afterwards."""

    order: dict[str, Any]
    updates: list[Update]


class Broker:
    """One margin account (multiplier 2, shorting allowed, no fees) in a market of `symbols`.

    An order is matched only on price points that come after it was accepted, at the quote of the
    point. All orders of one side share `participation` of the minute's volume, a quarter at each
    point, and never less than 100 shares where the minute traded at all.
    """

    def __init__(
        self,
        *,
        cash: Decimal,
        symbols: Iterable[str],
        seed: int = 0,
        participation: Decimal = Decimal("0.1"),
    ) -> None:
        self.account = Account(cash)
        self.symbols = frozenset(symbols)
        self.orders: dict[str, BrokerOrder] = {}
        self.by_client_order_id: dict[str, BrokerOrder] = {}
        self.fills: list[dict[str, Any]] = []
        self.other_activities: list[dict[str, Any]] = []
        self.untradable: set[str] = set()
        self.update_count = 0
        self._open: dict[str, BrokerOrder] = {}
        self._participation = participation
        self._namespace = uuid5(NAMESPACE_URL, f"urn:quantterminal:local-market:{seed}")
        self._counter = 0
        self._last_stamp = datetime.min.replace(tzinfo=UTC)
        self._day: date | None = None

    def id_of(self, name: str) -> str:
        """A lasting id for something that has a name: an asset, the account."""
        return str(uuid5(self._namespace, name))

    def next_id(self, kind: str) -> str:
        self._counter += 1
        return self.id_of(f"{kind}:{self._counter}")

    def open_orders(self) -> list[BrokerOrder]:
        return list(self._open.values())

    def buying_power(self) -> Decimal:
        return self.account.buying_power(self._open.values())

    def find(self, order_id: str) -> BrokerOrder:
        """Raises Refusal (404) for an unknown id."""
        try:
            return self.orders[str(UUID(order_id))]
        except (KeyError, ValueError) as error:
            raise refusals.order_not_found(order_id) from error

    def submit(self, ticket: Ticket, now: datetime, *, reject: bool = False) -> Answer:
        """Accepts a ticket, or raises Refusal; `reject` lets the exchange turn it down later."""
        if ticket.symbol not in self.symbols:
            raise refusals.against_rules(f'asset "{ticket.symbol}" not found')
        if ticket.symbol in self.untradable:
            raise refusals.against_rules(f'asset "{ticket.symbol}" is not tradable')
        self._check_unique(ticket)
        order = self._drafted(ticket, now)
        check_order(order, self.account, self._open.values())
        return self._accept(order, [], now, reject=reject)

    def act(self, activity: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Something that is no trade: `net_amount` dollars, and for a split `qty` shares of
        `symbol`, both signed. What the list of activities then shows.
        """
        cash, shares = (Decimal(activity.get(name, "0")) for name in ("net_amount", "qty"))
        self.account.cash += cash
        if activity["activity_type"] == "SPLIT":
            self.account.split(activity["symbol"], shares)
        at = self._stamp(now)
        row = {
            "id": f"{new_york(at):%Y%m%d}000000000::{self.next_id('activity')}",
            "date": f"{new_york(at):%Y-%m-%d}",
            "created_at": stamp(at),
            "net_amount": "0",
            "status": "executed",
            **activity,
        }
        self.other_activities.append(row)
        return row

    def cancel(self, order_id: str, now: datetime) -> list[Update]:
        """Cancels what is open; raises Refusal for what is unknown or over."""
        order = self.find(order_id)
        if not order.is_open:
            raise refusals.not_cancelable()
        order.status = "pending_cancel"
        return [self._update("pending_cancel", order, now), self._end(order, "canceled", now)]

    def replace(self, order_id: str, ticket: Ticket, now: datetime) -> Answer:
        """A new order in the place of an open one, both checked as one exchange."""
        old = self.find(order_id)
        if not old.is_open:
            raise refusals.against_rules(f'unable to replace order, order is "{old.status}"')
        self._check_unique(ticket)
        order = self._drafted(ticket, now)
        check_order(order, self.account, (o for o in self._open.values() if o is not old))
        order.replaces, old.replaced_by = old.id, order.id
        return self._accept(order, [self._end(old, "replaced", now)], now, reject=False)

    def advance(self, now: datetime) -> list[Update]:
        """Lets time pass: expires orders at their end, routes waiting ones at the open."""
        updates = [
            self._end(order, "expired", order.expires_at)
            for order in sorted(self._open.values(), key=lambda order: order.expires_at)
            if order.expires_at <= now
        ]
        session = session_at(now)
        if session is None:
            return updates
        if session.day != self._day:
            self._day = session.day
            self.account.begin_day()
        for order in self._open.values():
            if order.status == "accepted":
                at = self._stamp(max(order.created_at, session.open))
                order.status, order.submitted_at, order.updated_at = "new", at, at
                updates.append(self._update("new", order, at))
        return updates

    def on_prices(self, points: Sequence[PricePoint], now: datetime) -> list[Update]:
        """Marks the account at `points` and fills what they reach, oldest order first."""
        updates = self.advance(now)
        for point in points:
            self.account.marks[point.symbol] = Decimal(str(point.price))
            if session_at(now) is not None:
                updates.extend(self._match(point, now))
        return updates

    def _match(self, point: PricePoint, now: datetime) -> Iterable[Update]:
        left: dict[Side, Decimal] = dict.fromkeys(("buy", "sell"), self._liquidity(point))
        for order in [o for o in self._open.values() if o.ticket.symbol == point.symbol]:
            side, price = order.ticket.side, _price_for(order.ticket, point)
            qty = min(order.remaining, left[side])
            if price is not None and qty > 0:
                left[side] -= qty
                yield self._fill(order, qty, price, now)
            if order.is_open and order.ticket.time_in_force == "ioc":
                yield self._end(order, "canceled", now)

    def _liquidity(self, point: PricePoint) -> Decimal:
        if point.bar_volume < 1:
            return Decimal(0)
        share = Decimal(int(point.bar_volume)) * self._participation / len(POINT_OFFSETS_MS)
        return max(Decimal(_SMALLEST_LIQUIDITY), share // 1)

    def _fill(self, order: BrokerOrder, qty: Decimal, price: Decimal, now: datetime) -> Update:
        ticket = order.ticket
        self.account.apply_fill(ticket.symbol, ticket.side, qty, price)
        order.filled_qty += qty
        order.filled_notional += qty * price
        at = self._stamp(now)
        order.updated_at = at
        is_last = not order.remaining
        order.status = "filled" if is_last else "partially_filled"
        if is_last:
            order.filled_at = at
            del self._open[order.id]
        self._record_fill(order, qty, price, at)
        update = self._update("fill" if is_last else "partial_fill", order, at)
        update["price"], update["qty"] = plain(price), plain(qty)
        update["position_qty"] = plain(self.account.qty(ticket.symbol))
        return update

    def _record_fill(self, order: BrokerOrder, qty: Decimal, price: Decimal, at: datetime) -> None:
        # The suffix is an id of its own: nothing promises that it equals the execution_id.
        activity_id = f"{new_york(at):%Y%m%d%H%M%S}{at.microsecond // 1000:03d}"
        self.fills.append(
            {
                "id": f"{activity_id}::{self.next_id('activity')}",
                "activity_type": "FILL",
                "transaction_time": stamp(at),
                "type": "partial_fill" if order.remaining else "fill",
                "price": plain(price),
                "qty": plain(qty),
                "side": order.ticket.side,
                "symbol": order.ticket.symbol,
                "leaves_qty": plain(order.remaining),
                "order_id": order.id,
                "cum_qty": plain(order.filled_qty),
                "order_status": order.status,
            }
        )

    def _check_unique(self, ticket: Ticket) -> None:
        if ticket.client_order_id in self.by_client_order_id:
            raise refusals.duplicate_client_order_id()

    def _drafted(self, ticket: Ticket, now: datetime) -> BrokerOrder:
        at = self._stamp(now)
        return BrokerOrder(
            id=self.next_id("order"),
            asset_id=self.id_of(f"asset:{ticket.symbol}"),
            ticket=ticket,
            intent=intent_of(ticket, self.account.qty(ticket.symbol)),
            status="accepted" if session_at(now) is None else "pending_new",
            created_at=at,
            submitted_at=at,
            updated_at=at,
            expires_at=_expiry(ticket, now),
        )

    def _accept(
        self, order: BrokerOrder, updates: list[Update], now: datetime, *, reject: bool
    ) -> Answer:
        self.orders[order.id] = order
        self.by_client_order_id[order.ticket.client_order_id] = order
        self._open[order.id] = order
        answer = order_json(order)
        updates.append(self._update(order.status, order, now))
        if reject:
            updates.append(self._end(order, "rejected", now))
        elif order.status == "pending_new":
            order.status = "new"
            updates.append(self._update("new", order, now))
        return Answer(answer, updates)

    def _end(self, order: BrokerOrder, status: str, now: datetime) -> Update:
        at = self._stamp(now)
        del self._open[order.id]
        order.status, order.updated_at = status, at
        moment = "failed_at" if status == "rejected" else f"{status}_at"
        setattr(order, moment, at)
        return self._update(status, order, at)

    def _update(self, event: str, order: BrokerOrder, at: datetime) -> Update:
        self.update_count += 1
        return {
            "event": event,
            "timestamp": stamp(max(at, self._last_stamp)),
            "execution_id": self.next_id("execution"),
            "order": order_json(order),
        }

    def _stamp(self, now: datetime) -> datetime:
        """`now`, moved on by a microsecond where needed, so that no two stamps are equal."""
        self._last_stamp = max(now, self._last_stamp + _TICK)
        return self._last_stamp


def _price_for(ticket: Ticket, point: PricePoint) -> Decimal | None:
    price = point.ask if ticket.side == "buy" else point.bid
    if ticket.limit_price is None:
        return price
    reached = price <= ticket.limit_price if ticket.side == "buy" else price >= ticket.limit_price
    return price if reached else None


def _expiry(ticket: Ticket, now: datetime) -> datetime:
    if ticket.time_in_force == "gtc":
        last_day = new_york_date(now) + timedelta(days=_GTC_DAYS)
        return datetime.combine(last_day, _GTC_ENDS, NEW_YORK).astimezone(UTC)
    return _session_to_trade_in(now).close


def _session_to_trade_in(now: datetime) -> Session:
    today = session_on(new_york_date(now))
    if today is not None and now < today.close:
        return today
    return next_session(new_york_date(now))
