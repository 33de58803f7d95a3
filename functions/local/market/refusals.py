"""What the broker answers when it refuses, with Alpaca's own statuses, codes and words.

Codes are not unique at Alpaca (40310000 alone has five meanings), so the message is part of the
contract and every refusal is made here.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local.market.wire import plain


class Refusal(Exception):  # noqa: N818 - an answer of the broker, not a failure of this program
    """An HTTP status and the JSON body that goes with it."""

    def __init__(self, status: int, code: int, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: Mapping[str, Any] = {"code": code, "message": message, **fields}


def unauthorized() -> Refusal:
    return Refusal(401, 40110000, "request is not authorized.")


def malformed_body() -> Refusal:
    return Refusal(400, 40010000, "request body format is invalid")


def invalid(message: str) -> Refusal:
    """A field that is missing or has a value that does not exist."""
    return Refusal(422, 40010001, message)


def against_rules(message: str) -> Refusal:
    """Fields that are readable and may not be combined or priced like that."""
    return Refusal(422, 42210000, message)


def duplicate_client_order_id() -> Refusal:
    return invalid("client_order_id must be unique")


def sub_penny(field: str, price: Decimal) -> Refusal:
    return against_rules(
        f"invalid {field} {plain(price)}. "
        "sub-penny increment does not fulfill minimum pricing criteria"
    )


def not_cancelable() -> Refusal:
    return against_rules("order is not cancelable")


def not_fractionable(symbol: str) -> Refusal:
    return Refusal(403, 40310000, f'asset "{symbol}" is not fractionable')


def insufficient_buying_power(buying_power: Decimal, cost_basis: Decimal) -> Refusal:
    return Refusal(
        403,
        40310000,
        "insufficient buying power",
        buying_power=plain(buying_power),
        cost_basis=plain(cost_basis),
    )


def insufficient_qty(
    symbol: str, *, requested: Decimal, existing: Decimal, held: Decimal, holders: list[str]
) -> Refusal:
    available = plain(max(Decimal(0), existing - held))
    return Refusal(
        403,
        40310000,
        "insufficient qty available for order "
        f"(requested: {plain(requested)}, available: {available})",
        available=available,
        existing_qty=plain(existing),
        held_for_orders=plain(held),
        related_orders=holders,
        symbol=symbol,
    )


def wash_trade(order_id: str, resting: str) -> Refusal:
    return Refusal(
        403,
        40310000,
        "potential wash trade detected. use complex orders",
        existing_order_id=order_id,
        reject_reason=f"opposite side {resting} order exists",
    )


def opens_against_open_order(opening: str, resting: str) -> Refusal:
    return Refusal(403, 40310000, f"cannot open a {opening} while a {resting} order is open")


def order_not_found(order_id: str) -> Refusal:
    return Refusal(404, 40410000, f"order not found for {order_id}")


def position_not_found() -> Refusal:
    return Refusal(404, 40410000, "position does not exist")


def asset_not_found(symbol: str) -> Refusal:
    return Refusal(404, 40410000, f"asset not found for {symbol}")


def endpoint_not_found() -> Refusal:
    return Refusal(404, 40410000, "endpoint not found.")


def rate_limited() -> Refusal:
    return Refusal(429, 42910000, "rate limit exceeded")
