"""The position book against sums of exact fractions that know nothing of averages."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.signals import Side
from tests.machines.counting import CountingMachine

# As in the tests of positions: what 28 digits can lose in so many fills of such a size.
_BOUND = Fraction(1, 10**18)
# An average is that divided by the shares, of which a billionth is the least.
_SLACK = Decimal("1e-8")

_prices = st.decimals("0.0001", "1000", places=4)
_shares = st.integers(1, 1000).map(Decimal) | st.decimals("0.000000001", "1000", places=9)


class PositionBook(CountingMachine):
    """`shares` and `cash` are plain sums over the fills, `fills` how many there were."""

    def __init__(self) -> None:
        super().__init__()
        self.position = Position("SPY")
        self.shares = Fraction(0)
        self.cash = Fraction(0)
        self.booked = Decimal(0)
        self.fills = 0
        self.lowest, self.highest = Decimal("Infinity"), Decimal(0)

    @rule(side=st.sampled_from(Side), quantity=_shares, price=_prices)
    def a_fill_comes(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        self._fill(side, quantity, price)

    @rule(price=_prices)
    def the_position_is_closed(self, price: Decimal) -> None:
        held = self.position.quantity
        if held:
            self._fill(Side.SELL if held > 0 else Side.BUY, abs(held), price)
            assert self.position.quantity == 0

    @rule(share=st.decimals("0.001", "0.999", places=3), price=_prices)
    def a_part_is_closed(self, share: Decimal, price: Decimal) -> None:
        held, average = self.position.quantity, self.position.average_price
        part = (abs(held) * share).quantize(Decimal("1e-9"))
        if 0 < part < abs(held):
            self._fill(Side.SELL if held > 0 else Side.BUY, part, price)
            assert abs(self.position.average_price - average) < _SLACK

    @rule(price=_prices)
    def the_position_is_turned_around(self, price: Decimal) -> None:
        held = self.position.quantity
        if held:
            self._fill(Side.SELL if held > 0 else Side.BUY, 2 * abs(held), price)
            assert self.position.quantity == -held
            assert self.position.average_price == price

    @invariant()
    def shares_are_the_sum_of_the_fills(self) -> None:
        assert Fraction(self.position.quantity) == self.shares
        assert self.position.version == self.fills

    @invariant()
    def cash_is_the_sum_of_what_was_paid(self) -> None:
        assert Fraction(self.booked) == self.cash

    @invariant()
    def profit_and_cost_are_all_the_cash_there_was(self) -> None:
        earned = Fraction(self.position.realized_pnl) - Fraction(self.position.cost)
        assert abs(earned - self.cash) < _BOUND

    @invariant()
    def a_flat_position_costs_nothing(self) -> None:
        if self.position.quantity == 0:
            assert self.position.cost == 0
            assert self.position.average_price == 0

    @invariant()
    def the_average_lies_between_the_prices_that_were_paid(self) -> None:
        if self.position.quantity:
            average = self.position.average_price
            assert self.lowest - _SLACK <= average <= self.highest + _SLACK

    def _fill(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        self.position = apply_fill(self.position, side, quantity=quantity, price=price)
        self.booked += cash_change(side, quantity=quantity, price=price)
        signed = side.sign * Fraction(quantity)
        self.shares += signed
        self.cash -= signed * Fraction(price)
        self.fills += 1
        self.lowest, self.highest = min(self.lowest, price), max(self.highest, price)
