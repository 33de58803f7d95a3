from decimal import Decimal

import pytest

from local.market.account import Account, Holding


@pytest.mark.parametrize(
    ("start", "change", "price", "expected"),
    [
        ((0, 0), 100, 10, (100, 10)),
        ((100, 10), 100, 20, (200, 15)),
        ((100, 10), -40, 20, (60, 10)),  # closing keeps the average
        ((100, 10), -100, 20, (0, 10)),
        ((100, 10), -150, 20, (-50, 20)),  # through zero starts over
        ((-100, 10), -100, 20, (-200, 15)),
        ((-100, 10), 30, 8, (-70, 10)),
        ((-100, 10), 130, 8, (30, 8)),
    ],
)
def test_a_position_averages_what_opens_and_keeps_the_average_of_what_closes(
    start: tuple[int, int], change: int, price: int, expected: tuple[int, int]
) -> None:
    after = Holding(Decimal(start[0]), Decimal(start[1])).after(Decimal(change), Decimal(price))

    assert (after.qty, after.average) == expected


def test_a_closed_position_is_gone_and_the_money_is_there() -> None:
    account = Account(Decimal(1_000))
    account.apply_fill("IBM", "buy", Decimal(10), Decimal("10.05"))
    account.apply_fill("IBM", "sell", Decimal(10), Decimal("11.05"))

    assert account.holdings == {}
    assert account.cash == account.equity == Decimal(1_010)


def test_long_and_short_values_are_marked_at_the_last_price() -> None:
    account = Account(Decimal(1_000))
    account.apply_fill("IBM", "buy", Decimal(10), Decimal(10))
    account.apply_fill("SPY", "sell", Decimal(5), Decimal(20))
    account.marks = {"IBM": Decimal(11), "SPY": Decimal(30)}

    assert account.long_value == 110
    assert account.short_value == -150
    assert account.equity == 1_000 + 10 - 50
    assert account.initial_margin() == 130
