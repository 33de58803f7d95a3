"""Which orders the account may place: Alpaca's protections, as far as this broker has them.

An order may close at most what is held and not yet held by other orders, or open in the same
direction; one order never does both, so nothing that is resting can turn a position around.
"""

from collections.abc import Iterable
from decimal import Decimal

from local.market import refusals
from local.market.account import Account
from local.market.orders import BrokerOrder, Ticket


def intent_of(ticket: Ticket, held: Decimal) -> str:
    """Alpaca's position_intent, from the signed quantity that is held now."""
    if ticket.side == "buy":
        return "buy_to_close" if held < 0 else "buy_to_open"
    return "sell_to_close" if held > 0 else "sell_to_open"


def check_order(order: BrokerOrder, account: Account, open_orders: Iterable[BrokerOrder]) -> None:
    """Raises Refusal when the account may not place `order` beside its other open orders."""
    resting = list(open_orders)
    on_symbol = [other for other in resting if other.ticket.symbol == order.ticket.symbol]
    _check_wash_trade(order.ticket, on_symbol)
    _check_opening_direction(order, on_symbol)
    if order.is_opening:
        _check_buying_power(order, account, resting)
    else:
        _check_available(order, account, on_symbol)


def _check_wash_trade(ticket: Ticket, on_symbol: list[BrokerOrder]) -> None:
    for other in on_symbol:
        if other.ticket.side != ticket.side and _could_meet(ticket, other.ticket):
            raise refusals.wash_trade(other.id, other.ticket.type)


def _could_meet(one: Ticket, other: Ticket) -> bool:
    if one.limit_price is None or other.limit_price is None:
        return True
    buy, sell = (one, other) if one.side == "buy" else (other, one)
    return (buy.limit_price or 0) >= (sell.limit_price or 0)


def _check_opening_direction(order: BrokerOrder, on_symbol: list[BrokerOrder]) -> None:
    if not order.is_opening:
        return
    against = [o for o in on_symbol if o.is_opening and o.ticket.side != order.ticket.side]
    if against and order.ticket.side == "buy":
        raise refusals.opens_against_open_order("long buy", "short sell")
    if against:
        raise refusals.opens_against_open_order("short sell", "long buy")


def _check_available(order: BrokerOrder, account: Account, on_symbol: list[BrokerOrder]) -> None:
    holders = [o for o in on_symbol if not o.is_opening and o.ticket.side == order.ticket.side]
    held = sum((other.remaining for other in holders), Decimal(0))
    existing = abs(account.qty(order.ticket.symbol))
    if order.ticket.qty > existing - held:
        raise refusals.insufficient_qty(
            order.ticket.symbol,
            requested=order.ticket.qty,
            existing=existing,
            held=held,
            holders=[other.id for other in holders],
        )


def _check_buying_power(order: BrokerOrder, account: Account, resting: list[BrokerOrder]) -> None:
    cost, power = account.cost_basis(order), account.buying_power(resting)
    if not cost:
        raise refusals.against_rules(f'asset "{order.ticket.symbol}" has no price yet')
    if cost > power:
        raise refusals.insufficient_buying_power(power, cost)
