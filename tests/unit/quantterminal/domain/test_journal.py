from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import HaltCode
from quantterminal.domain.journal import (
    GENESIS,
    Anchor,
    Entry,
    JournalRow,
    anchor_of,
    chain,
    plain,
    verify,
)
from quantterminal.domain.risk import HaltLevel

AT = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
entries = st.builds(
    Entry,
    account=st.just("demo"),
    at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  the strategy adds the zone
    kind=words,
    ref=words,
    correlation_id=words,
    payload=st.dictionaries(words, values, max_size=3),
)
chains = st.lists(entries, min_size=2, max_size=6).map(chain)


def entry(kind: str, ref: str = "x", **payload: object) -> Entry:
    return Entry("demo", AT, kind, ref, "", {key: plain(each) for key, each in payload.items()})


# the chain


@given(chains)
def test_a_whole_chain_has_no_findings(rows: list[JournalRow]) -> None:
    assert verify(rows, anchors=[anchor] if (anchor := anchor_of(rows)) else []) == []
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0].previous == GENESIS


@given(st.lists(entries, max_size=6), st.integers(0, 6))
def test_appending_in_two_goes_is_appending_in_one(said: list[Entry], split: int) -> None:
    first = chain(said[:split])

    rest = chain(said[split:], after=anchor_of(first))

    assert first + rest == chain(said)


@given(chains, st.data())
def test_one_changed_field_is_found_where_it_is(
    rows: list[JournalRow], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    told = rows[at].entry
    other = data.draw(
        st.sampled_from(
            [
                replace(told, at=told.at + timedelta(microseconds=1)),
                replace(told, kind=told.kind + "."),
                replace(told, ref=told.ref + "."),
                replace(told, correlation_id=told.correlation_id + "."),
                replace(told, payload={**told.payload, "more": 1}),
            ]
        )
    )

    found = verify([*rows[:at], replace(rows[at], entry=other), *rows[at + 1 :]])

    assert [each.position for each in found] == [at + 1]
    assert found[0].subject == "digest"


@given(chains, st.data())
def test_a_removed_row_is_found(rows: list[JournalRow], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 2))

    found = verify([*rows[:at], *rows[at + 1 :]])

    assert (found[0].subject, found[0].expected, found[0].found) == (
        "row", str(at + 1), str(at + 2),
    )  # fmt: skip


@given(chains, st.data())
def test_two_swapped_rows_are_found(rows: list[JournalRow], data: st.DataObject) -> None:
    """The contents change places, the positions and digests stay."""
    first = data.draw(st.integers(0, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    swapped = list(rows)
    swapped[first] = replace(rows[first], entry=rows[second].entry)
    swapped[second] = replace(rows[second], entry=rows[first].entry)

    found = verify(swapped)

    same = rows[first].entry == rows[second].entry
    assert [each.position for each in found] == ([] if same else [first + 1, second + 1])


@given(chains, st.data())
def test_a_cut_tail_is_found_against_its_anchor_alone(
    rows: list[JournalRow], data: st.DataObject
) -> None:
    left = rows[: data.draw(st.integers(0, len(rows) - 1))]
    anchor = anchor_of(rows)
    assert anchor is not None

    assert verify(left) == []
    found = verify(left, anchors=[anchor])

    assert [each.position for each in found] == [len(rows)]
    assert found[0].text.startswith(f"position {len(rows)}: anchored row: expected {anchor.digest}")


@given(chains)
def test_a_chain_written_anew_is_found_against_its_anchor(rows: list[JournalRow]) -> None:
    anchor = anchor_of(rows)
    assert anchor is not None
    told = [row.entry for row in rows]
    forged = chain([replace(told[0], ref=told[0].ref + "."), *told[1:]])

    assert verify(forged) == []
    assert [each.found for each in verify(forged, anchors=[anchor])] == [forged[-1].digest]


# the canonical form


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("100.10"), "100.10"),
        (Decimal("1E+3"), "1000"),
        (AT, "2013-10-07T13:30:00.000000+00:00"),
        (AT.astimezone(timezone(timedelta(hours=2))), "2013-10-07T13:30:00.000000+00:00"),
        (date(2013, 10, 7), "2013-10-07"),
        (HaltCode.OPERATOR, "OPERATOR"),
        (HaltLevel.HALTED, 2),
        (True, True),
        (None, None),
        ((1, [Decimal(2)]), [1, ["2"]]),
        ({"b": Decimal(1)}, {"b": "1"}),
    ],
)
def test_plain_values(value: object, expected: object) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), AT.replace(tzinfo=None), {1, 2}, b"x"])
def test_what_json_renders_in_two_ways_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError):
        plain({"x": [value]})


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    one, other = entry("note", a=1, b=2), entry("note", b=2, a=1)

    assert chain([one]) == chain([other])
    assert chain([one])[0].digest == chain([other])[0].digest


def test_no_rows_have_no_anchor() -> None:
    assert anchor_of([]) is None
    assert [each.text for each in verify([], anchors=[Anchor("demo", 3, "d")])] == [
        "position 3: anchored row: expected d, found no rows"
    ]
