from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.signals import Side
from quantterminal.ports.report_ledger import DayRecords, FillRecord
from quantterminal.services.day_profit import day_profit
from tests.unit.quantterminal.services.sample_day import RECORDS, at, fill, mark


def test_profit_counts_from_the_last_price_before_the_open() -> None:
    profit = day_profit(RECORDS, "momentum")

    assert profit.realized == Decimal(30)
    assert profit.total == Decimal(70)
    assert profit.by_minute == (
        (at(1), Decimal(5)),
        (at(2), Decimal(10)),
        (at(3), Decimal(70)),
    )


def test_a_position_without_an_earlier_price_begins_at_its_cost() -> None:
    records = replace(RECORDS, opening_marks={})

    assert day_profit(records, "momentum").total == Decimal(10 * 3 + 20 * 3)


def test_a_fill_after_the_last_bar_still_counts() -> None:
    late = fill(Side.SELL, 20, "105", 500)
    records = replace(RECORDS, fills=(*RECORDS.fills, late))

    profit = day_profit(records, "momentum")

    assert profit.realized == Decimal(30 + 80)
    assert profit.total == Decimal(10 + 80)
    assert profit.by_minute[-1] == (at(3), Decimal(70))


def test_other_strategies_do_not_count() -> None:
    assert day_profit(RECORDS, "idle").total == 0


fills = st.lists(
    st.builds(
        lambda side, quantity, cents, minutes: fill(
            side, quantity, f"{Decimal(cents) / 100}", minutes
        ),
        st.sampled_from(Side),
        st.integers(1, 50),
        st.integers(9_000, 11_000),
        st.integers(0, 5),
    ),
    max_size=12,
).map(lambda made: sorted(made, key=lambda each: each.at))


@given(fills)
def test_total_profit_is_the_cash_that_moved_plus_what_is_held_at_the_end(
    made: list[FillRecord],
) -> None:
    last = Decimal("100.5")
    records = DayRecords(fills=tuple(made), marks=(mark("SPY", 10, str(last)),))
    cash = sum((-each.side.sign * each.quantity * each.price for each in made), Decimal(0))
    held = sum((each.side.sign * each.quantity for each in made), Decimal(0))

    profit = day_profit(records, "momentum")

    assert abs(profit.total - (cash + held * last)) < Decimal("1e-15")
