"""What the broker itself refuses, in ticks: `venue.accept` for the fast engine."""

from collections.abc import Sequence

from quantzoo.backtest.fast_rules import Account, Order, Part
from quantzoo.backtest.venue import INSUFFICIENT_BUYING_POWER, INSUFFICIENT_QUANTITY

_SHORT_SALE = Part(103, 100)  # an opening short is valued at 3 % above the market


def refusal_of(
    order: Order, resting: Sequence[tuple[Order, bool]], account: Account
) -> tuple[bool, str | None]:
    """Whether the order opens, and the code of its refusal; of those that rest, each is told
    whether it opens.
    """
    shares = account.net[order.symbol]
    if shares >= 0 if order.side > 0 else shares <= 0:
        free = max(0, 2 * account.equity - sum(account.sides)) * _SHORT_SALE.under
        committed = sum([_cost(each, account) for each, opens in resting if opens])
        is_too_much = _cost(order, account) > free - committed
        return True, INSUFFICIENT_BUYING_POWER if is_too_much else None
    closing = sum(
        each.quantity
        for each, opens in resting
        if not opens and each.symbol == order.symbol and each.side == order.side
    )
    is_too_many = order.quantity > abs(shares) - closing
    return False, INSUFFICIENT_QUANTITY if is_too_many else None


def _cost(order: Order, account: Account) -> int:
    """Of an opening order, in hundredths of ticks."""
    price = order.limit * _SHORT_SALE.under
    if order.side < 0:
        price = max(price, account.mark(order.symbol) * _SHORT_SALE.over)
    return order.quantity * price
