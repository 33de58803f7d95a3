import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.money import (
    is_on_tick,
    offset_by_bps,
    price_from_float,
    round_limit,
    tick_size,
    to_cents,
)

prices = st.decimals("0.0001", "100000", allow_nan=False, places=6)


def test_a_float_price_keeps_its_shortest_decimal_form() -> None:
    assert price_from_float(0.1) == Decimal("0.1")
    assert price_from_float(167.27) == Decimal("167.27")


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf])
def test_a_price_that_is_no_number_is_refused(price: float) -> None:
    with pytest.raises(InvalidValueError, match="finite"):
        price_from_float(price)


@pytest.mark.parametrize(
    ("price", "tick"), [("0.9999", "0.0001"), ("1", "0.01"), ("1.00", "0.01"), ("412.5", "0.01")]
)
def test_the_tick_changes_at_one_dollar(price: str, tick: str) -> None:
    assert tick_size(Decimal(price)) == Decimal(tick)


@pytest.mark.parametrize(
    ("price", "buy", "sell"),
    [
        ("10.001", "10.01", "10.00"),
        ("10.01", "10.01", "10.01"),
        ("0.12345", "0.1235", "0.1234"),
        ("0.99999", "1.0000", "0.9999"),
        ("1.0000001", "1.01", "1.00"),
    ],
)
def test_limits_are_rounded_towards_filling(price: str, buy: str, sell: str) -> None:
    assert round_limit(Decimal(price), side_is_buy=True) == Decimal(buy)
    assert round_limit(Decimal(price), side_is_buy=False) == Decimal(sell)


@given(price=prices, side_is_buy=st.booleans())
def test_a_rounded_limit_lies_on_the_tick_and_less_than_one_tick_away(
    *, price: Decimal, side_is_buy: bool
) -> None:
    rounded = round_limit(price, side_is_buy=side_is_buy)

    assert is_on_tick(rounded)
    assert abs(rounded - price) < tick_size(price)
    assert rounded >= price if side_is_buy else rounded <= price


def test_off_tick_prices_are_recognised() -> None:
    assert is_on_tick(Decimal("1.01"))
    assert not is_on_tick(Decimal("1.011"))
    assert is_on_tick(Decimal("0.0123"))
    assert not is_on_tick(Decimal("0.01234"))


def test_basis_points_move_a_price_without_rounding() -> None:
    assert offset_by_bps(Decimal("33.33"), Decimal(5)) == Decimal("33.346665")
    assert offset_by_bps(Decimal(100), Decimal("-2.5")) == Decimal("99.975")


def test_cents_are_rounded_half_to_even() -> None:
    assert to_cents(Decimal("1.005")) == Decimal("1.00")
    assert to_cents(Decimal("1.015")) == Decimal("1.02")
    assert to_cents(Decimal("-1.005")) == Decimal("-1.00")
