from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantzoo.backtest.history import history_of
from tests.unit.quantzoo.histories import synthetic

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def bar(minute: int, *, day: int = 0, symbol: str = "ALDR") -> Bar:
    at = OPEN + timedelta(days=day, minutes=minute)
    return Bar(symbol, at, 10.0, 10.0, 10.0, 10.0, 1.0)


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        ([bar(0), bar(0)], "a minute once"),
        ([bar(0), bar(1), bar(0)], "in order of time"),
        ([bar(0), bar(2)], "was 1 after 2024-03-04T14:30"),
        ([bar(5)], "begin at the open"),
        ([*(bar(n) for n in range(390)), bar(0, day=2)], "session of 2024-03-05"),
        ([bar(0), bar(0, day=1)], "was 389 after"),
    ],
)
def test_what_is_missing_doubled_or_unsorted_is_refused_with_its_place(
    bars: list[Bar], said: str
) -> None:
    with pytest.raises(InvalidValueError, match=said) as refused:
        history_of(bars)

    assert "ALDR" in str(refused.value)


def test_gaps_are_let_pass_when_asked_for() -> None:
    assert history_of([bar(3), bar(5)], longest_gap=3).bar_count == 2


def test_bars_outside_of_sessions_are_left_out() -> None:
    assert history_of([bar(-60), bar(0), bar(1)]).bar_count == 2
    with pytest.raises(InvalidValueError, match="regular session"):
        history_of([bar(-60)])


def test_minutes_come_in_order_with_symbols_in_theirs() -> None:
    found = history_of([bar(0, symbol="B"), bar(0, symbol="A"), bar(1, symbol="B")])

    assert [[each.symbol for each in bars] for _, bars in found.minutes()] == [["A", "B"], ["B"]]


def test_bars_come_back_as_they_went_in() -> None:
    bars = [bar(0), replace(bar(1), high=11.0, volume=5.0)]
    found = [each for _, minute in history_of(bars).minutes() for each in minute]

    assert found == bars


def test_the_hash_follows_the_data_and_nothing_else() -> None:
    one = history_of([bar(0), bar(1)])
    other = history_of([bar(0), replace(bar(1), volume=2.0)])

    assert one.data_hash == history_of([bar(0), bar(1)]).data_hash
    assert one.data_hash != other.data_hash


def test_a_part_has_the_bars_between_two_instants() -> None:
    history = synthetic(sessions=2)
    first = history.first + timedelta(minutes=10)

    part = history.between(first, first + timedelta(minutes=5))

    assert (part.first, part.bar_count) == (first, 5)
