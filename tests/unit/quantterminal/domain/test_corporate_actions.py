from datetime import UTC, date, datetime

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from quantterminal.domain.errors import InvalidValueError

EX_DATE = date(2014, 6, 9)
SPLIT = CorporateAction("E1", "AAPL", ActionKind.SPLIT, EX_DATE, split_from=1, split_to=7)
DIVIDEND = CorporateAction("E2", "AAPL", ActionKind.DIVIDEND, EX_DATE, cash=0.5)


def bar(day: int, price: float, volume: float = 700.0) -> Bar:
    start = datetime(2014, 6, day, 14, 30, tzinfo=UTC)
    return Bar("AAPL", start, price, price, price, price, volume, vwap=price)


def test_bars_before_a_split_are_read_in_the_new_shares() -> None:
    before, after = bar(6, 644.0, 100.0), bar(9, 92.0)

    found = adjusted([before, after], [SPLIT, DIVIDEND])

    assert found == [bar(6, 92.0, 700.0), after]


def test_a_reverse_split_makes_fewer_and_dearer_shares() -> None:
    reverse = CorporateAction("E3", "AAPL", ActionKind.SPLIT, EX_DATE, split_from=10, split_to=1)

    assert adjusted([bar(6, 2.0, 1000.0)], [reverse]) == [bar(6, 20.0, 100.0)]


def test_splits_one_after_the_other_are_multiplied() -> None:
    later = CorporateAction("E4", "AAPL", ActionKind.SPLIT, date(2014, 6, 10), 1, 2)

    assert adjusted([bar(6, 1400.0, 1.0)], [SPLIT, later])[0].close == pytest.approx(100.0)


@pytest.mark.parametrize("numbers", [(None, 2.0), (0.0, 2.0), (1.0, float("nan")), (1.0, -2.0)])
def test_a_split_without_sense_cannot_be_made(numbers: tuple[float | None, float]) -> None:
    with pytest.raises(InvalidValueError, match="above 0"):
        CorporateAction("E5", "AAPL", ActionKind.SPLIT, EX_DATE, *numbers)
