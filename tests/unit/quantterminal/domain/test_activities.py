from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.activities import Activity, ActivityKind, grouped, split_positions
from quantterminal.domain.positions import Position

AT = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


def held(**quantities: int) -> dict[str, Position]:
    return {
        name: Position("SPY", Decimal(quantity), cost=Decimal(quantity * 100), version=3)
        for name, quantity in quantities.items()
    }


def activity(name: str, *, group: str = "") -> Activity:
    return Activity(name, ActivityKind.CASH, "DIV", "SPY", AT, group=group)


@pytest.mark.parametrize(
    ("quantities", "shares", "after"),
    [
        ({"a": 10}, 30, {"a": 40}),
        ({"a": 10, "b": 20}, 90, {"a": 40, "b": 80}),
        ({"a": 10, "b": 20}, -15, {"a": 5, "b": 10}),
        ({"a": -10, "b": -20}, -30, {"a": -20, "b": -40}),
        ({"a": 30, "b": -10}, 20, {"a": 60, "b": -20}),
        ({"a": 10, "b": 0}, 10, {"a": 20}),
    ],
)
def test_a_split_changes_shares_in_proportion_and_keeps_the_cost(
    quantities: dict[str, int], shares: int, after: dict[str, int]
) -> None:
    before = held(**quantities)
    split = split_positions(before, Decimal(shares))
    assert split is not None
    assert {name: position.quantity for name, position in split.items()} == after
    for name, position in split.items():
        assert position.cost == before[name].cost
        assert position.version == before[name].version + 1


@pytest.mark.parametrize(
    ("quantities", "shares"),
    [({}, 10), ({"a": 0}, 10), ({"a": 10}, -10), ({"a": 10}, -25), ({"a": 5, "b": -5}, 3)],
)
def test_what_no_split_explains_is_not_split(quantities: dict[str, int], shares: int) -> None:
    assert split_positions(held(**quantities), Decimal(shares)) is None


@given(
    quantities=st.lists(st.integers(1, 10_000), min_size=1, max_size=5),
    shares=st.integers(-9_999, 100_000),
)
def test_after_a_split_the_sum_is_the_brokers_to_the_share(
    quantities: list[int], shares: int
) -> None:
    before = held(**{f"s{n}": quantity for n, quantity in enumerate(quantities)})
    split = split_positions(before, Decimal(shares))
    if split is not None:
        total = sum(position.quantity for position in split.values())
        assert total == sum(quantities) + shares
        assert sum(position.cost for position in split.values()) == 100 * sum(quantities)


def test_rows_of_one_group_stay_together_in_their_order() -> None:
    rows = [activity("1"), activity("2", group="g"), activity("3"), activity("4", group="g")]
    assert [[each.id for each in group] for group in grouped(rows)] == [["1"], ["2", "4"], ["3"]]
    assert grouped([replace(rows[0], group="")]) == [(rows[0],)]
