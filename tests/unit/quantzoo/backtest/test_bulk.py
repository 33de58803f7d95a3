"""Whole columns become the same history as bar after bar, with the same refusals."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantzoo.backtest.bulk import Bulk, bulk_history
from quantzoo.backtest.history import History, epoch_ms, history_of
from tests.unit.quantzoo.histories import synthetic

NAMES = ("open", "high", "low", "close", "volume")
HOURS = timedelta(hours=1)


def bars_of(history: History) -> list[Bar]:
    return [bar for _, minute in history.minutes() for bar in minute]


def bulk(bars: Sequence[Bar], *, cut: int | None = None) -> list[Bulk]:
    """In one part a symbol, or in two."""
    parts = []
    for symbol in sorted({bar.symbol for bar in bars}):
        own = [bar for bar in bars if bar.symbol == symbol]
        for rows in (own[:cut], own[cut:]) if cut else (own,):
            numbers = {name: np.array([getattr(bar, name) for bar in rows]) for name in NAMES}
            starts = np.array([epoch_ms(bar.start) for bar in rows], dtype=np.int64)
            parts.append(Bulk(symbol, starts, numbers))
    return parts


def outcome(make: Callable[[], History]) -> Any:
    """The history by its hash, or the text of the refusal."""
    try:
        found = make()
    except InvalidValueError as problem:
        return str(problem)
    return found.data_hash, found.bar_count, found.symbols


@pytest.mark.parametrize("cut", [None, 100])
def test_sound_columns_are_the_same_history(cut: int | None) -> None:
    history = synthetic(("ALDR", "BRKT"), sessions=3)
    outside = [replace(bar, start=bar.start + 8 * HOURS) for bar in bars_of(history)[:10]]
    bars = sorted([*bars_of(history), *outside], key=lambda bar: bar.start)

    found = bulk_history(bulk(bars, cut=cut))

    assert found == history
    assert found.data_hash == history.data_hash


Change = Callable[[list[Bar]], list[Bar]]


def _without(*places: int) -> Change:
    return lambda bars: [bar for place, bar in enumerate(bars) if place not in places]


def _twice(place: int) -> Change:
    return lambda bars: [*bars[: place + 1], *bars[place:]]


def _swapped(place: int) -> Change:
    return lambda bars: [
        *bars[:place],
        bars[place + 1],
        bars[place],
        *bars[place + 2 :],
    ]


@pytest.mark.parametrize("longest_gap", [0, 1, 390])
@pytest.mark.parametrize(
    "change",
    [
        _without(0),
        _without(5),
        _without(5, 6),
        _without(389),
        _without(390),
        _without(*range(390, 780)),
        _twice(5),
        _swapped(5),
        _swapped(389),
    ],
)
def test_what_is_refused_is_refused_with_the_same_place(change: Change, longest_gap: int) -> None:
    bars = change(bars_of(synthetic(("ALDR",), sessions=3)))

    expected = outcome(lambda: history_of(bars, longest_gap=longest_gap))
    assert outcome(lambda: bulk_history(bulk(bars), longest_gap=longest_gap)) == expected


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("high", 0.5, "low <= open"),
        ("low", -1.0, "prices above 0"),
        ("close", float("nan"), "finite prices"),
        ("open", float("inf"), "finite prices"),
        ("volume", -1.0, "a volume of 0 or more"),
        ("volume", float("nan"), "a volume of 0 or more"),
    ],
)
def test_a_value_that_makes_no_bar_is_named_with_its_minute(
    column: str, value: float, said: str
) -> None:
    (part,) = bulk(bars_of(synthetic(("ALDR",), sessions=1)))
    part.numbers[column][7] = value

    with pytest.raises(InvalidValueError, match=said) as found:
        bulk_history([part])
    assert "14:37" in str(found.value)


@settings(max_examples=60, deadline=None)
@given(
    dropped=st.sets(st.integers(0, 1169), max_size=6),
    doubled=st.sets(st.integers(0, 1169), max_size=2),
    longest_gap=st.integers(0, 4),
)
def test_any_mix_of_holes_and_doubles_has_the_same_outcome(
    dropped: set[int], doubled: set[int], longest_gap: int
) -> None:
    bars = [
        bar
        for place, bar in enumerate(bars_of(synthetic(("ALDR",), sessions=3)))
        if place not in dropped
        for _ in range(2 if place in doubled else 1)
    ]

    expected = outcome(lambda: history_of(bars, longest_gap=longest_gap))
    assert outcome(lambda: bulk_history(bulk(bars), longest_gap=longest_gap)) == expected
