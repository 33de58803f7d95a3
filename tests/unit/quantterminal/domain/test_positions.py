from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.signals import Side

Fill = tuple[Side, Decimal, Decimal]
FLAT = Position("SPY")

# An average price is a division, and Decimal keeps 28 digits. Its error itself is harmless: the
# same `released` leaves the cost and enters the profit. What remains are at most four sums a fill
# that are cut to 28 digits. The amounts below stay under 10^8 dollars (40 fills of at most
# 1,000 shares at $1,000), where half a unit of the 28th digit is 5e-21: 160 of them are under this.
BOUND = Fraction(1, 10**18)

prices = st.decimals("0.0001", "1000", places=4)
shares = st.decimals("0.000000001", "1000", places=9) | st.integers(1, 1000).map(Decimal)
fills = st.lists(st.tuples(st.sampled_from(Side), shares, prices), max_size=40)


def _filled(history: list[Fill]) -> Position:
    position = FLAT
    for side, quantity, price in history:
        position = apply_fill(position, side, quantity=quantity, price=price)
    return position


def _exact(amount: Decimal) -> Fraction:
    return Fraction(amount)


def _fill(text: str) -> Fill:
    """`-30@9.50` is thirty shares sold at $9.50."""
    quantity, price = text.split("@")
    side = Side.SELL if quantity.startswith("-") else Side.BUY
    return side, abs(Decimal(quantity)), Decimal(price)


@pytest.mark.parametrize(
    ("history", "quantity", "average", "realized"),
    [
        ("", "0", "0", "0"),
        ("+100@10", "100", "10", "0"),
        ("-100@10", "-100", "10", "0"),
        # averages
        ("+100@10 +300@12", "400", "11.5", "0"),
        ("-100@10 -300@12", "-400", "11.5", "0"),
        # partial closes keep the average
        ("+100@10 -40@11", "60", "10", "40"),
        ("+100@10 -40@11 -20@9", "40", "10", "20"),
        ("-100@10 +40@11", "-60", "10", "-40"),
        ("-100@10 +40@9 +20@11", "-40", "10", "20"),
        # whole closes
        ("+100@10 -100@12.5", "0", "0", "250"),
        ("-100@10 +100@12.5", "0", "0", "-250"),
        # flips through zero begin anew at the fill's own price
        ("+100@10 -150@12", "-50", "12", "200"),
        ("-100@10 +150@12", "50", "12", "-200"),
        ("+100@10 -150@12 +150@11", "100", "11", "250"),
        ("-10@10 +20@9 -20@8", "-10", "8", "0"),
        # a new position after a flat one keeps what was realised
        ("+100@10 -100@11 +50@20", "50", "20", "100"),
        # buying more after a partial close mixes the price of the rest
        ("+100@10 -50@11 +50@20", "100", "15", "50"),
    ],
)
def test_fills_give_a_position(history: str, quantity: str, average: str, realized: str) -> None:
    position = _filled([_fill(each) for each in history.split()])

    assert position.quantity == Decimal(quantity)
    assert position.average_price == Decimal(average)
    assert position.realized_pnl == Decimal(realized)
    assert position.version == len(history.split())


def test_the_value_and_the_open_profit_of_a_long_and_of_a_short() -> None:
    long, short = _filled([_fill("+100@10")]), _filled([_fill("-100@10")])

    assert long.market_value(Decimal(11)) == 1100
    assert short.market_value(Decimal(11)) == -1100
    assert long.unrealized_pnl(Decimal(11)) == 100
    assert short.unrealized_pnl(Decimal(11)) == -100


@pytest.mark.parametrize("bad", ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_fill_of_nothing_or_for_nothing_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValueError, match="above 0"):
        apply_fill(FLAT, Side.BUY, quantity=Decimal(bad), price=Decimal(1))
    with pytest.raises(InvalidValueError, match="above 0"):
        apply_fill(FLAT, Side.BUY, quantity=Decimal(1), price=Decimal(bad))


def test_a_buy_costs_and_a_sell_brings() -> None:
    assert cash_change(Side.BUY, quantity=Decimal(3), price=Decimal("1.10")) == Decimal("-3.30")
    assert cash_change(Side.SELL, quantity=Decimal(3), price=Decimal("1.10")) == Decimal("3.30")


@given(history=fills)
def test_the_quantity_is_the_sum_of_the_signed_fills(history: list[Fill]) -> None:
    expected = sum((side.sign * _exact(quantity) for side, quantity, _ in history), Fraction(0))
    assert _exact(_filled(history).quantity) == expected


@given(history=fills, price=prices)
def test_money_is_conserved(history: list[Fill], price: Decimal) -> None:
    position = _filled(history)
    cash = sum(
        (_exact(cash_change(side, quantity=quantity, price=at)) for side, quantity, at in history),
        Fraction(0),
    )
    value = _exact(position.quantity) * _exact(price)

    profit = (
        _exact(position.realized_pnl)
        + _exact(position.quantity) * _exact(price)
        - _exact(position.cost)
    )

    assert abs(profit - (cash + value)) <= BOUND
    assert abs(_exact(position.unrealized_pnl(price)) - (value - _exact(position.cost))) <= BOUND


@given(history=fills)
def test_whole_cents_and_shares_are_conserved_to_the_cent(history: list[Fill]) -> None:
    """What a flat account has realised is its cash, so no cent hides in an average."""
    whole = [(side, quantity.to_integral_value() + 1, at) for side, quantity, at in history]
    position = _filled(whole)
    if position.quantity:
        side = Side.SELL if position.quantity > 0 else Side.BUY
        whole.append((side, abs(position.quantity), Decimal("10.01")))
    flat = _filled(whole)
    cash = sum(cash_change(side, quantity=quantity, price=at) for side, quantity, at in whole)

    assert flat.quantity == 0
    assert abs(_exact(flat.realized_pnl) - _exact(Decimal(cash))) <= BOUND


@given(history=fills)
def test_a_flat_position_costs_nothing_at_all(history: list[Fill]) -> None:
    position = _filled(history)
    if position.quantity:
        side = Side.SELL if position.quantity > 0 else Side.BUY
        closed = apply_fill(position, side, quantity=abs(position.quantity), price=Decimal(7))
    else:
        closed = position

    assert closed.quantity == 0
    assert closed.cost == 0
    assert closed.average_price == 0


def test_sevenths_do_not_stay_in_the_cost_of_a_flat_position() -> None:
    """Seven shares at an average of 11/7: by the division alone -1e-27 dollars would remain."""
    history = [_fill("-4@2"), _fill("-3@1"), _fill("+1@1")]

    assert _filled(history).quantity == -6
    assert _filled([*history, _fill("+6@1")]).cost == 0


@given(history=fills, fill=st.tuples(shares, prices))
def test_adding_moves_the_average_towards_the_fill(
    history: list[Fill], fill: tuple[Decimal, Decimal]
) -> None:
    before = _filled(history)
    quantity, price = fill
    side = Side.SELL if before.quantity < 0 else Side.BUY

    after = apply_fill(before, side, quantity=quantity, price=price)

    known = [price] if before.quantity == 0 else sorted([before.average_price, price])
    slack = Decimal("1e-9")  # the bound above, over as little as 1e-9 shares
    assert known[0] - slack <= after.average_price <= known[-1] + slack
    assert after.realized_pnl == before.realized_pnl


@given(history=fills, price=prices, share=st.integers(1, 3))
def test_reducing_keeps_the_average_and_flipping_takes_the_fills_price(
    history: list[Fill], price: Decimal, share: int
) -> None:
    before = _filled([*history, (Side.BUY, Decimal(1), Decimal(10))])
    assume(before.quantity)
    side = Side.SELL if before.quantity > 0 else Side.BUY
    held = abs(before.quantity)

    reduced = apply_fill(before, side, quantity=held * share / 4, price=price)
    flipped = apply_fill(before, side, quantity=held + share, price=price)

    assert reduced.average_price == pytest.approx(before.average_price, rel=Decimal("1e-24"))
    assert flipped.quantity == side.sign * share
    assert flipped.cost == side.sign * share * price
