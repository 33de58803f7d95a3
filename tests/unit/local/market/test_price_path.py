from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.market.bars import RawBar
from local.market.price_path import price_points, tick_of

START = 1_381_154_400_000


def bar(open_: float, high: float, low: float, close: float, volume: float = 1_000.0) -> RawBar:
    return RawBar("IBM", START, open_, high, low, close, volume)


def test_a_rising_bar_visits_its_low_first_and_a_falling_one_its_high() -> None:
    rising = price_points(bar(10.0, 12.0, 9.0, 11.0))
    falling = price_points(bar(11.0, 12.0, 9.0, 10.0))

    assert [point.price for point in rising] == [10.0, 9.0, 12.0, 11.0]
    assert [point.price for point in falling] == [11.0, 12.0, 9.0, 10.0]
    assert [point.at_ms - START for point in rising] == [5_000, 20_000, 35_000, 50_000]


@pytest.mark.parametrize(
    ("price", "bid", "ask"),
    [
        (10.0, "9.99", "10.01"),  # a basis point is less than a cent
        (182.25, "182.23", "182.27"),  # 1.8 cents, rounded to two
        (1000.0, "999.90", "1000.10"),
        (10.123, "10.11", "10.14"),  # off the tick: outwards on both sides
        (0.5, "0.4999", "0.5001"),  # below a dollar the tick is a hundredth of a cent
    ],
)
def test_the_quote_stands_on_the_tick_around_the_price(price: float, bid: str, ask: str) -> None:
    point = price_points(bar(price, price, price, price))[0]

    assert (point.bid, point.ask) == (Decimal(bid), Decimal(ask))


@given(
    prices=st.lists(st.integers(100, 10_000_000), min_size=4, max_size=4),
    volume=st.integers(0, 10_000_000),
)
def test_the_trades_of_a_minute_add_up_to_its_bar(prices: list[int], volume: int) -> None:
    low, *middle, high = sorted(price / 10_000 for price in prices)
    points = price_points(bar(middle[0], high, low, middle[1], float(volume)))

    assert sum(point.size for point in points) == volume
    assert points[0].price == middle[0]
    assert points[3].price == middle[1]
    assert max(point.price for point in points) == high
    assert min(point.price for point in points) == low
    for point in points:
        assert 0 < point.bid < point.ask
        assert point.bid <= Decimal(str(point.price)) <= point.ask
        assert not point.bid % tick_of(point.bid)
