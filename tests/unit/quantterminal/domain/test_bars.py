import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from quantterminal.domain.bars import Bar, minute_of
from quantterminal.domain.errors import InvalidValueError

GOOD = Bar("SPY", datetime(2024, 3, 4, 14, 30, tzinfo=UTC), 10.0, 11.0, 9.0, 10.5, 100.0)


def test_a_bar_ends_one_minute_after_its_start() -> None:
    assert GOOD.end == datetime(2024, 3, 4, 14, 31, tzinfo=UTC)


def test_a_minute_without_movement_and_without_volume_is_a_bar() -> None:
    flat = replace(GOOD, open=10.0, high=10.0, low=10.0, close=10.0, volume=0)

    assert flat.close == 10.0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"symbol": ""}, "symbol"),
        ({"start": datetime(2024, 3, 4, 14, 30)}, "UTC"),  # noqa: DTZ001  the case under test
        ({"start": datetime(2024, 3, 4, 9, 30, tzinfo=timezone(timedelta(hours=-5)))}, "UTC"),
        ({"start": GOOD.start + timedelta(seconds=1)}, "whole minute"),
        ({"start": GOOD.start + timedelta(microseconds=1)}, "whole minute"),
        ({"open": math.nan}, "finite"),
        ({"high": math.inf}, "finite"),
        ({"low": 0.0}, "above 0"),
        ({"close": -1.0}, "above 0"),
        ({"volume": -1.0}, "volume"),
        ({"volume": math.nan}, "volume"),
        ({"high": 10.4}, "low <= open, close <= high"),
        ({"low": 10.1}, "low <= open, close <= high"),
        ({"high": 8.0}, "low <= open, close <= high"),
    ],
)
def test_a_corrupt_bar_cannot_be_made(change: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidValueError, match=text):
        replace(GOOD, **change)


def test_minute_of_cuts_to_the_start_of_the_minute() -> None:
    assert minute_of(datetime(2024, 3, 4, 14, 30, 59, 999_999, tzinfo=UTC)) == GOOD.start
