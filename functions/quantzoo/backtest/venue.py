"""What the broker itself refuses, after our own rules have passed an order.

Alpaca nets the account: an order either closes shares that are held and not yet held by other
orders, or opens in the same direction; one order never turns a position around. Opening orders
need regulation T buying power.
"""

from collections.abc import Iterable
from decimal import Decimal

from quantterminal.domain.signals import Side
from quantzoo.backtest.book import Book, WorkingOrder

_ZERO = Decimal(0)
_LEVERAGE = 2
_SHORT_SALE_MARKUP = Decimal("1.03")  # an opening short is valued at 3 % above the market

INSUFFICIENT_QUANTITY = "INSUFFICIENT_QTY"
INSUFFICIENT_BUYING_POWER = "INSUFFICIENT_BUYING_POWER"


def accept(order: WorkingOrder, book: Book) -> str | None:
    """Let `order` rest beside those that do already; the code of the refusal otherwise."""
    proposal = order.proposal
    held = book.net.get(proposal.symbol, _ZERO)
    order.is_opening = held >= 0 if proposal.side is Side.BUY else held <= 0
    resting = [each for each in book.working.values() if each.rests]
    if order.is_opening:
        if _cost(order, book) > _buying_power(resting, book):
            return INSUFFICIENT_BUYING_POWER
    elif order.remaining > abs(held) - _already_closing(order, resting):
        return INSUFFICIENT_QUANTITY
    order.rests = True
    return None


def _already_closing(order: WorkingOrder, resting: Iterable[WorkingOrder]) -> Decimal:
    key = (order.proposal.symbol, order.proposal.side)
    return sum(
        (
            each.remaining
            for each in resting
            if not each.is_opening and (each.proposal.symbol, each.proposal.side) == key
        ),
        _ZERO,
    )


def _buying_power(resting: Iterable[WorkingOrder], book: Book) -> Decimal:
    gross = sum((abs(shares) * book.marks[each] for each, shares in book.net.items()), _ZERO)
    committed = sum((_cost(each, book) for each in resting), _ZERO)
    return max(_ZERO, (book.equity() - gross / _LEVERAGE) * _LEVERAGE) - committed


def _cost(order: WorkingOrder, book: Book) -> Decimal:
    if not order.is_opening:
        return _ZERO
    proposal, price = order.proposal, order.proposal.limit_price
    if proposal.side is Side.SELL:
        price = max(price, book.marks[proposal.symbol] * _SHORT_SALE_MARKUP)
    return order.remaining * price
