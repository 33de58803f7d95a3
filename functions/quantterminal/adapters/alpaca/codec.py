"""Alpaca's orders, updates, fills and error bodies in our words.

Numbers become Decimal from their text, times come with up to nine fraction digits (cut to
microseconds). An unknown status or event raises MessageError: it never falls into a default.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from quantterminal.domain.activities import Activity, ActivityKind
from quantterminal.domain.errors import MessageError
from quantterminal.domain.orders import Execution, OrderEvent, OrderStatus, OrderUpdate
from quantterminal.domain.sessions import NEW_YORK
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import BrokerAccount, BrokerFill, NewOrder

_ZERO = Decimal(0)
_json = msgspec.json.Decoder(float_hook=Decimal)
_SIDES = {"buy": Side.BUY, "sell": Side.SELL, "sell_short": Side.SELL}

# Types that change cash alone; the quantity of a dividend is what it was paid for.
_CASH_ACTIVITIES = frozenset(
    {"TRANS", "CSD", "CSW", "ACATC", "CFEE", "CGD", "DIV", "DIVCGL", "DIVCGS", "DIVFEE", "DIVFT",
     "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX", "FEE", "INT", "INTNRA", "INTTW", "JNLC", "PTC", "PTR"}
)  # fmt: skip
_DONE = frozenset({None, "executed", "correct"})

Fields = Mapping[str, Any]


def parse(body: str | bytes) -> Any:
    """Any JSON, fractions as Decimal. Raises MessageError when it is none."""
    try:
        return _json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise MessageError(f"Expected JSON, {problem}") from problem


def order_body(order: NewOrder) -> dict[str, str]:
    """The body of POST /v2/orders; numbers as strings, so that no digit is lost."""
    return {
        "symbol": order.symbol,
        "qty": format(order.quantity, "f"),
        "side": order.side.value,
        "type": "limit",
        "time_in_force": "gtc",
        "client_order_id": order.client_order_id,
        "limit_price": format(order.limit_price, "f"),
    }


def snapshot(order: object) -> OrderUpdate:
    """An order as REST tells it. Raises MessageError when it cannot be understood."""
    fields = _object(order, "an order")
    at = fields.get("updated_at") or fields.get("submitted_at") or fields.get("created_at")
    return _update(fields, event=OrderEvent.SNAPSHOT, at=_instant(at, "updated_at"))


def trade_update(data: object) -> OrderUpdate:
    """The `data` of one trade_updates frame. Raises MessageError when it cannot be understood."""
    fields = _object(data, "a trade update")
    order = _object(fields.get("order"), "the order of a trade update")
    at = _instant(
        fields.get("timestamp") or fields.get("at") or order.get("updated_at"), "timestamp"
    )
    event = _event(fields.get("event"))
    execution = None
    if event in (OrderEvent.FILL, OrderEvent.PARTIAL_FILL):
        execution = _execution(fields, order, at)
    reason = fields.get("reason") or order.get("reject_reason") or ""
    return _update(order, event=event, at=at, execution=execution, reason=str(reason))


def fill(activity: object) -> BrokerFill:
    """One FILL activity. Its `id` is the execution id, `cum_qty` the order's filled quantity."""
    fields = _object(activity, "a fill activity")
    return BrokerFill(
        broker_order_id=_text(fields, "order_id"),
        symbol=_text(fields, "symbol"),
        side=_side(fields),
        execution=Execution(
            execution_id=_text(fields, "id"),
            quantity=_number(fields, "qty"),
            price=_number(fields, "price"),
            cumulative=_number(fields, "cum_qty"),
            at=_instant(fields.get("transaction_time"), "transaction_time"),
        ),
    )


def activity(row: object) -> Activity | None:
    """One activity that is no trade; None when the broker has canceled it.

    A type that this code does not know how to book is OTHER: it is never booked by guessing.
    """
    fields = _object(row, "an activity")
    status = fields.get("status")
    if status == "canceled":
        return None
    name = _text(fields, "activity_type")
    symbol = fields.get("symbol")
    kind = ActivityKind.CASH if name in _CASH_ACTIVITIES else ActivityKind.OTHER
    shares = _ZERO
    if name == "SPLIT" and isinstance(symbol, str) and symbol:
        kind, shares = ActivityKind.SPLIT, _split_shares(fields)
    day = str(fields.get("date", ""))[:10]
    pair = f"{name}:{symbol}:{day}" if kind is ActivityKind.SPLIT else ""
    return Activity(
        id=_text(fields, "id"),
        kind=kind if status in _DONE else ActivityKind.OTHER,
        name=name,
        symbol=symbol if isinstance(symbol, str) else "",
        at=_activity_time(fields),
        shares=shares,
        cash=_number(fields, "net_amount", default=_ZERO),
        group=str(fields.get("group_id") or pair),
    )


def _split_shares(fields: Fields) -> Decimal:
    """The change: old and new quantity in one row, or one signed quantity in each of two."""
    old, new = _optional(fields, "old_qty"), _optional(fields, "new_qty")
    if old is not None and new is not None:
        return new - old
    return _number(fields, "qty")


def _activity_time(fields: Fields) -> datetime:
    """When it was written down; without that the end of its day, which is all that is known."""
    written = fields.get("created_at") or fields.get("transaction_time")
    if written:
        return _instant(written, "created_at")
    try:
        day = date.fromisoformat(str(fields.get("date"))[:10])
    except ValueError as problem:
        raise MessageError(f"Expected a date, was {fields.get('date')!r:.200}") from problem
    midnight = datetime.combine(day + timedelta(days=1), time(0), NEW_YORK)
    return midnight.astimezone(UTC)


def clock(fields: object) -> datetime:
    """The instant of the broker's clock."""
    return _instant(_object(fields, "a clock").get("timestamp"), "timestamp")


def position(fields: object) -> tuple[str, Decimal]:
    """Symbol and signed shares: shorts are negative whatever sign the quantity carries."""
    row = _object(fields, "a position")
    quantity = _number(row, "qty")
    return _text(row, "symbol"), -abs(quantity) if row.get("side") == "short" else quantity


def account(fields: object) -> BrokerAccount:
    row = _object(fields, "an account")
    return BrokerAccount(
        cash=_number(row, "cash"),
        equity=_number(row, "equity"),
        buying_power=_number(row, "buying_power"),
    )


def account_number(fields: object) -> str:
    """The broker's own name of the account."""
    return str(_object(fields, "an account").get("account_number", ""))


def _update(
    order: Fields,
    *,
    event: OrderEvent,
    at: datetime,
    execution: Execution | None = None,
    reason: str = "",
) -> OrderUpdate:
    filled = _number(order, "filled_qty", default=_ZERO)
    return OrderUpdate(
        client_order_id=_text(order, "client_order_id"),
        broker_order_id=_text(order, "id"),
        event=event,
        status=_status(order.get("status")),
        symbol=_text(order, "symbol"),
        side=_side(order),
        # a notional order has no quantity until it has filled
        quantity=_number(order, "qty", default=filled),
        limit_price=_optional(order, "limit_price"),
        filled_quantity=filled,
        filled_average_price=_optional(order, "filled_avg_price"),
        at=at,
        execution=execution,
        reason=reason,
        replaces=_link(order, "replaces"),
        replaced_by=_link(order, "replaced_by"),
    )


def _link(order: Fields, name: str) -> str | None:
    value = order.get(name)
    return value if isinstance(value, str) and value else None


def _execution(fields: Fields, order: Fields, at: datetime) -> Execution:
    cumulative = _number(order, "filled_qty")
    named = fields.get("execution_id")
    return Execution(
        execution_id=str(named) if named else f"{_text(order, 'id')}@{cumulative}",
        quantity=_number(fields, "qty"),
        price=_number(fields, "price"),
        cumulative=cumulative,
        at=at,
    )


def _object(value: object, what: str) -> Fields:
    if not isinstance(value, dict):
        raise MessageError(f"Expected {what} as a JSON object, was {value!r:.200}")
    return value


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise MessageError(f"Expected text in {name}, was {value!r:.200}")
    return value


def _number(fields: Fields, name: str, *, default: Decimal | None = None) -> Decimal:
    value = _optional(fields, name)
    if value is None:
        value = default
    if value is None:
        raise MessageError(f"Expected a number in {name}, was null or missing")
    return value


def _optional(fields: Fields, name: str) -> Decimal | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) else None
    except InvalidOperation:
        number = None
    if number is None or isinstance(value, bool) or not number.is_finite():
        raise MessageError(f"Expected a number in {name}, was {value!r:.200}")
    return number


def _instant(value: object, name: str) -> datetime:
    if not isinstance(value, str):
        raise MessageError(f"Expected a time in {name}, was {value!r:.200}")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as problem:
        raise MessageError(f"Expected an RFC 3339 time in {name}, was {value!r:.200}") from problem
    if at.tzinfo is None:
        raise MessageError(f"Expected a time with its zone in {name}, was {value!r:.200}")
    return at.astimezone(UTC)


def _side(fields: Fields) -> Side:
    value = fields.get("side")
    side = _SIDES.get(value) if isinstance(value, str) else None
    if side is None:
        raise MessageError(f"Expected a side (buy, sell), was {value!r:.200}")
    return side


def _status(value: object) -> OrderStatus:
    known = {each.value: each for each in OrderStatus if not each.is_ours}
    status = known.get(value) if isinstance(value, str) else None
    if status is None:
        raise MessageError(f"Expected an order status of the broker, was {value!r:.200}")
    return status


def _event(value: object) -> OrderEvent:
    known = {each.value: each for each in OrderEvent if each is not OrderEvent.SNAPSHOT}
    event = known.get(value) if isinstance(value, str) else None
    if event is None:
        raise MessageError(f"Expected an order event, was {value!r:.200}")
    return event
