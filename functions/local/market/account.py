"""The account at the broker: cash, positions and what they are worth, all in Decimal.

Fees are zero, so cash is exactly the starting cash minus what was bought plus what was sold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from local.market.orders import BrokerOrder, Side

MULTIPLIER = 2
_SHORT_SALE_MARKUP = Decimal("1.03")  # Alpaca values an opening short at 3 % above the ask
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """A position: negative `qty` is short; `average` is the price at which it was entered."""

    qty: Decimal
    average: Decimal

    def after(self, change: Decimal, price: Decimal) -> "Holding":
        """The position after a fill of `change` shares (negative: sold) at `price`.

        What closes keeps the average, what goes through zero starts over at `price`.
        """
        qty = self.qty + change
        if self.qty * change >= 0:
            return Holding(qty, (self.qty * self.average + change * price) / qty)
        if qty * self.qty >= 0:
            return Holding(qty, self.average)
        return Holding(qty, price)


class Account:
    """Cash and positions, marked at the last traded price of each symbol."""

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.holdings: dict[str, Holding] = {}
        self.marks: dict[str, Decimal] = {}
        self.last_equity = cash
        self.last_day_marks: dict[str, Decimal] = {}

    def qty(self, symbol: str) -> Decimal:
        holding = self.holdings.get(symbol)
        return _NOTHING if holding is None else holding.qty

    def apply_fill(self, symbol: str, side: Side, qty: Decimal, price: Decimal) -> None:
        change = qty if side == "buy" else -qty
        self.cash -= change * price
        holding = self.holdings.get(symbol, Holding(_NOTHING, _NOTHING)).after(change, price)
        if holding.qty:
            self.holdings[symbol] = holding
        else:
            del self.holdings[symbol]

    def split(self, symbol: str, shares: Decimal) -> None:
        """More or fewer shares of the same cost."""
        held = self.holdings[symbol]
        qty = held.qty + shares
        self.holdings[symbol] = Holding(qty, held.qty * held.average / qty)
        if symbol in self.marks:
            self.marks[symbol] *= held.qty / qty

    def begin_day(self) -> None:
        """Yesterday's equity and prices become what the day is measured against."""
        self.last_equity = self.equity
        self.last_day_marks = dict(self.marks)

    def mark(self, symbol: str) -> Decimal:
        holding = self.holdings.get(symbol)
        return self.marks.get(symbol, holding.average if holding else _NOTHING)

    @property
    def long_value(self) -> Decimal:
        return sum((value for value in self._values() if value > 0), _NOTHING)

    @property
    def short_value(self) -> Decimal:
        """Zero or negative."""
        return sum((value for value in self._values() if value < 0), _NOTHING)

    @property
    def equity(self) -> Decimal:
        return self.cash + sum(self._values(), _NOTHING)

    def initial_margin(self) -> Decimal:
        """Regulation T: half of what is held, long and short alike."""
        return (self.long_value - self.short_value) / MULTIPLIER

    def buying_power(self, open_orders: Iterable[BrokerOrder]) -> Decimal:
        """What new opening orders may cost, after what the open ones hold."""
        free = (self.equity - self.initial_margin()) * MULTIPLIER
        held = sum((self.cost_basis(order) for order in open_orders), _NOTHING)
        return max(_NOTHING, free - held)

    def cost_basis(self, order: BrokerOrder) -> Decimal:
        """Buying power that the unfilled rest of an order holds: none when it closes."""
        if not order.is_opening:
            return _NOTHING
        ticket = order.ticket
        mark = self.marks.get(ticket.symbol, _NOTHING)
        price = mark if ticket.limit_price is None else ticket.limit_price
        if ticket.side == "sell":
            price = max(price, mark * _SHORT_SALE_MARKUP)
        return order.remaining * price

    def _values(self) -> Iterable[Decimal]:
        return (
            holding.qty * self.marks.get(symbol, holding.average)
            for symbol, holding in self.holdings.items()
        )
