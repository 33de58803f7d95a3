"""The table of the conditions against the facts that it is compiled from."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.polygon.tables import condition_rules
from quantterminal.domain.trade_conditions import COMPILED, Updates, mask_of
from tests.project_files import ROOT

FACTS = ROOT.parent / "shared" / "protocols" / "polygon" / "trade_conditions_compiled.csv"
ALL = Updates(high_low=True, open_close=True, volume=True)
NONE = Updates(high_low=False, open_close=False, volume=False)
VOLUME = Updates(high_low=False, open_close=False, volume=True)


@pytest.mark.skipif(not FACTS.exists(), reason="the compiled table is not part of the project")
def test_every_row_of_the_compiled_table() -> None:
    with FACTS.open() as file:
        rows = list(csv.DictReader(file))
    expected = {
        int(row["id"]): Updates(
            high_low=row["updates_high_low"] == "1",
            open_close=row["updates_open_close"] == "1",
            volume=row["updates_volume"] == "1",
        )
        for row in rows
    }

    assert {each: COMPILED.updates([each]) for each in expected} == expected


@pytest.mark.parametrize(
    ("conditions", "where", "expected"),
    [
        ((), "in session", ALL),
        ((14, 41), "in session", ALL),
        ((37,), "in session", VOLUME),
        ((12,), "in session", VOLUME),
        ((12,), "in the night", ALL),
        ((12, 37), "in the night", VOLUME),
        ((16,), "in session", NONE),
        ((38,), "in session", Updates(high_low=True, open_close=True, volume=False)),
        ((10,), "in session", Updates(high_low=True, open_close=False, volume=True)),
        ((10, 2), "in session", VOLUME),
        ((77, 99), "in session", ALL),
    ],
)
def test_what_a_print_changes(conditions: tuple[int, ...], where: str, expected: Updates) -> None:
    assert COMPILED.updates(conditions, in_session=where == "in session") == expected


@given(st.lists(st.integers(0, 80)), st.lists(st.integers(0, 80)))
def test_another_condition_never_allows_more(some: list[int], more: list[int]) -> None:
    one, both = COMPILED.updates(some), COMPILED.updates([*some, *more])

    assert one.high_low or not both.high_low
    assert one.open_close or not both.open_close
    assert one.volume or not both.volume


@given(st.lists(st.integers(-5, 200)))
def test_a_mask_fits_64_bits(conditions: list[int]) -> None:
    assert -(2**63) <= mask_of(conditions) < 2**63


def test_the_vendor_s_own_answer_replaces_the_table() -> None:
    rows = json.loads(
        """[{"id": 14, "data_types": ["trade"], "update_rules": {"consolidated":
        {"updates_high_low": false, "updates_open_close": false, "updates_volume": true}}},
        {"id": 2, "data_types": ["trade"], "update_rules": {"consolidated":
        {"updates_high_low": true, "updates_open_close": true, "updates_volume": true}}},
        {"id": 3, "data_types": ["bbo"]}, {"id": "4"}]"""
    )

    rules = condition_rules(rows)

    assert (rules.updates([14]), rules.updates([2]), rules.updates([3])) == (VOLUME, ALL, ALL)


def test_an_answer_without_rules_leaves_ours() -> None:
    assert condition_rules([{"id": 1}]) == COMPILED
