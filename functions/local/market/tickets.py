"""Reads the JSON of a submit or a replace, and refuses what Alpaca would refuse.

Order types, classes and times in force that this broker does not match are refused as well: an
order that would silently never behave as asked for is worse than an error.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from local.market import refusals
from local.market.orders import OrderType, Side, Ticket, TimeInForce
from local.market.price_path import tick_of

_LONGEST_CLIENT_ORDER_ID = 128


def read_ticket(body: Mapping[str, Any], *, generated_id: str) -> Ticket:
    """The ticket in a POST body; `generated_id` stands in for a missing client_order_id.

    Raises Refusal with the answer that the client gets.
    """
    symbol = _word(body, "symbol")
    order_type = _choice(body, "type", ("market", "limit"))
    time_in_force = _choice(body, "time_in_force", ("day", "gtc", "ioc"))
    if (body.get("order_class") or "simple") != "simple":
        raise refusals.invalid("invalid order_class")
    extended_hours = body.get("extended_hours") or False
    if extended_hours and (order_type != "limit" or time_in_force not in ("day", "gtc")):
        raise refusals.against_rules("extended hours order must be DAY limit orders")
    return Ticket(
        symbol=symbol,
        side=cast(Side, _choice(body, "side", ("buy", "sell"))),
        qty=_quantity(body, symbol, time_in_force),
        type=cast(OrderType, order_type),
        limit_price=_limit_price(body, order_type),
        time_in_force=cast(TimeInForce, time_in_force),
        client_order_id=_client_order_id(body, generated_id),
        extended_hours=bool(extended_hours),
    )


def read_replacement(
    body: Mapping[str, Any], old: Ticket, *, remaining: Decimal, generated_id: str
) -> Ticket:
    """The ticket that a PATCH body makes of `old`; without a qty it asks for what remains."""
    time_in_force = old.time_in_force
    if body.get("time_in_force"):
        time_in_force = cast(TimeInForce, _choice(body, "time_in_force", ("day", "gtc", "ioc")))
    qty = remaining
    if body.get("qty") is not None:
        qty = _quantity(body, old.symbol, time_in_force)
    limit_price = old.limit_price
    if body.get("limit_price") is not None:
        limit_price = _limit_price(body, old.type)
    return replace(
        old,
        qty=qty,
        limit_price=limit_price,
        time_in_force=time_in_force,
        client_order_id=_client_order_id(body, generated_id),
    )


def _word(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise refusals.invalid(f"{name} is required")
    return value


def _choice(body: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = _word(body, name)
    if value not in allowed:
        raise refusals.invalid(f"invalid {name}")
    return value


def _decimal(body: Mapping[str, Any], name: str) -> Decimal:
    value = body[name]
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise refusals.malformed_body() from error
    if isinstance(value, bool) or not number.is_finite():
        raise refusals.malformed_body()
    return number


def _quantity(body: Mapping[str, Any], symbol: str, time_in_force: str) -> Decimal:
    if body.get("qty") is None:
        if body.get("notional") is not None:
            raise refusals.not_fractionable(symbol)
        raise refusals.invalid("qty or notional is required")
    qty = _decimal(body, "qty")
    if qty <= 0:
        raise refusals.invalid("qty must be > 0")
    if qty != qty.to_integral_value():
        if time_in_force != "day":
            raise refusals.against_rules("fractional orders must be DAY orders")
        raise refusals.not_fractionable(symbol)
    return qty


def _limit_price(body: Mapping[str, Any], order_type: str) -> Decimal | None:
    if order_type == "market":
        if body.get("limit_price") is not None:
            raise refusals.invalid("market orders require no limit price")
        return None
    if body.get("limit_price") is None:
        raise refusals.invalid("limit orders require a limit price")
    price = _decimal(body, "limit_price")
    if price <= 0:
        raise refusals.invalid("limit_price must be > 0")
    if price % tick_of(price):
        raise refusals.sub_penny("limit_price", price)
    return price


def _client_order_id(body: Mapping[str, Any], generated_id: str) -> str:
    value = body.get("client_order_id")
    if value is None or value == "":
        return generated_id
    if not isinstance(value, str) or len(value) > _LONGEST_CLIENT_ORDER_ID:
        raise refusals.invalid(
            f"client_order_id must be no more than {_LONGEST_CLIENT_ORDER_ID} characters"
        )
    return value
