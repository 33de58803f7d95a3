"""Positions in Decimal: weighted average entry, realised profit, flips through zero."""

from dataclasses import dataclass
from decimal import Decimal

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Position:
    """Signed shares at an average price in dollars; `realized_pnl` is since the position began.

    The cost basis, not the average, is the stored truth: an average would have to be rounded.
    `cost` is signed like `quantity`: what the open shares cost (long) or brought in (short).
    """

    symbol: str
    quantity: Decimal = _ZERO
    cost: Decimal = _ZERO
    realized_pnl: Decimal = _ZERO
    version: int = 0

    @property
    def average_price(self) -> Decimal:
        """Dollars a share, zero when flat."""
        return self.cost / self.quantity if self.quantity else _ZERO

    def market_value(self, price: Decimal) -> Decimal:
        return self.quantity * price

    def unrealized_pnl(self, price: Decimal) -> Decimal:
        return self.quantity * price - self.cost


def apply_fill(position: Position, side: Side, *, quantity: Decimal, price: Decimal) -> Position:
    """The position after one fill of `quantity` shares (above 0) at `price` dollars.

    Shares that reduce the position realise profit at its average cost; shares beyond zero open a
    new position at the fill's own price.
    """
    if not (quantity.is_finite() and quantity > 0 and price.is_finite() and price > 0):
        raise InvalidValueError(f"Expected quantity and price above 0, was {quantity} at {price}")
    held = position.quantity
    closing = min(quantity, abs(held)) if held * side.sign < 0 else _ZERO
    opening = quantity - closing
    released = _released(position, closing)
    proceeds = -side.sign * closing * price
    return Position(
        position.symbol,
        quantity=held + side.sign * quantity,
        cost=position.cost - released + side.sign * opening * price,
        realized_pnl=position.realized_pnl + proceeds - released,
        version=position.version + 1,
    )


def _released(position: Position, closing: Decimal) -> Decimal:
    held = abs(position.quantity)
    if closing == held:
        return position.cost  # not by way of the division: its rounding would stay in a flat cost
    return position.cost * closing / held


def cash_change(side: Side, *, quantity: Decimal, price: Decimal) -> Decimal:
    """Dollars that a fill adds to (sell) or takes from (buy) the cash of the account."""
    return -side.sign * quantity * price
