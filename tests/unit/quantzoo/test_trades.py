from collections import deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.signals import Side
from quantzoo.trades import Fill, RoundTrip, round_trips

START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def _fill(minute: int, signed: str, price: str, *, symbol: str = "SPY", fee: str = "0") -> Fill:
    quantity = Decimal(signed)
    return Fill(
        symbol=symbol,
        side=Side.BUY if quantity > 0 else Side.SELL,
        quantity=abs(quantity),
        price=Decimal(price),
        at=START + timedelta(minutes=minute),
        fee=Decimal(fee),
    )


def test_a_long_trip_earns_what_it_is_sold_for_less_cost_and_fees() -> None:
    fills = [_fill(0, "100", "10.00", fee="0.50"), _fill(5, "-100", "10.25", fee="0.75")]

    assert round_trips(fills) == (
        RoundTrip(
            symbol="SPY",
            side=Side.BUY,
            quantity=Decimal(100),
            entry_price=Decimal("10.00"),
            exit_price=Decimal("10.25"),
            opened_at=START,
            closed_at=START + timedelta(minutes=5),
            fees=Decimal("1.25"),
            pnl=Decimal("23.75"),
        ),
    )


def test_a_short_trip_earns_on_the_way_down() -> None:
    (trip,) = round_trips([_fill(0, "-10", "50"), _fill(1, "10", "48.5")])

    assert (trip.side, trip.pnl) == (Side.SELL, Decimal("15.0"))


def test_partial_fills_in_and_out_are_one_trip_at_mean_prices() -> None:
    fills = [
        _fill(0, "30", "10"),
        _fill(1, "-10", "11"),
        _fill(2, "10", "12"),
        _fill(3, "-30", "13"),
    ]

    (trip,) = round_trips(fills)

    assert trip.quantity == 40
    assert (trip.entry_price, trip.exit_price) == (Decimal("10.5"), Decimal("12.5"))
    assert trip.pnl == Decimal(80)


def test_a_flip_ends_one_trip_and_begins_the_next() -> None:
    fills = [_fill(0, "10", "10"), _fill(1, "-30", "11", fee="0.30"), _fill(2, "20", "10")]

    first, second = round_trips(fills)

    assert (first.side, first.quantity, first.pnl) == (Side.BUY, 10, Decimal("9.90"))
    assert (second.side, second.quantity, second.pnl) == (Side.SELL, 20, Decimal("19.80"))
    assert first.closed_at == second.opened_at


def test_symbols_are_kept_apart_and_come_in_the_order_of_closing() -> None:
    fills = [
        _fill(0, "10", "10"),
        _fill(1, "5", "20", symbol="IBM"),
        _fill(2, "-5", "21", symbol="IBM"),
        _fill(3, "-10", "9"),
    ]

    assert [(trip.symbol, trip.pnl) for trip in round_trips(fills)] == [("IBM", 5), ("SPY", -10)]


def test_shares_that_are_still_held_belong_to_no_trip() -> None:
    assert round_trips([_fill(0, "10", "10"), _fill(1, "-9", "11")]) == ()
    assert round_trips([]) == ()


@pytest.mark.parametrize(("quantity", "price"), [("0", "10"), ("NaN", "10"), ("1", "0")])
def test_a_fill_of_nothing_is_refused(quantity: str, price: str) -> None:
    with pytest.raises(InvalidValueError, match="above 0"):
        Fill("SPY", Side.BUY, Decimal(quantity), Decimal(price), START)


signed_fills = st.lists(
    st.tuples(
        st.integers(-50, 50).filter(bool),
        st.decimals("0.01", "999", places=2),
        st.decimals(0, 5, places=2),
    ),
    max_size=25,
)


def _fifo_profit(fills: list[Fill]) -> Decimal:
    lots: deque[list[Decimal]] = deque()
    profit = Decimal(0)
    for fill in fills:
        left = fill.side.sign * fill.quantity
        profit -= fill.fee
        while left and lots and lots[0][0] * left < 0:
            matched = min(abs(left), abs(lots[0][0]))
            profit += -fill.side.sign * matched * (fill.price - lots[0][1])
            lots[0][0] += fill.side.sign * matched
            left -= fill.side.sign * matched
            if not lots[0][0]:
                lots.popleft()
        if left:
            lots.append([left, fill.price])
    return profit


@given(signed_fills)
def test_once_flat_the_trips_add_up_to_the_cash_and_to_fifo(
    drawn: list[tuple[int, Decimal, Decimal]],
) -> None:
    fills = [
        _fill(minute, str(quantity), str(price), fee=str(fee))
        for minute, (quantity, price, fee) in enumerate(drawn)
    ]
    held = sum(quantity for quantity, _, _ in drawn)
    if held:
        fills.append(_fill(99, str(-held), "7.77"))

    total = sum((trip.pnl for trip in round_trips(fills)), Decimal(0))
    cash = sum((-f.side.sign * f.quantity * f.price - f.fee for f in fills), Decimal(0))

    assert abs(total - cash) < Decimal("1e-20")
    assert abs(total - _fifo_profit(fills)) < Decimal("1e-20")
