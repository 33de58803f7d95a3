"""Past days as files: resumable, whole or not there, and readable by the backtester."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cli.backfill import Fetched, day_file, fetch_days, sessions_between
from cli.bars import read_history
from local.errors import UsageError
from quantterminal.domain.errors import RetryableError
from quantterminal.ports.feed import RawBar

FIRST, LAST = date(2024, 7, 2), date(2024, 7, 5)  # a half day and a holiday among them
SYMBOLS = ("AAA", "BBB")


class History:
    """Every minute of every session, until `answers` are given."""

    def __init__(self, answers: int = 1_000) -> None:
        self.answers = answers
        self.asked: list[tuple[str, date]] = []

    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> Sequence[RawBar]:
        if len(self.asked) >= self.answers:
            raise RetryableError("503")
        self.asked.append((symbol, start.date()))
        prices = {"open": 10.0, "high": 11.0, "low": 9.5, "close": 10.5, "volume": 100.5}
        minutes = int((end - start) / timedelta(minutes=1))
        starts = [start + timedelta(minutes=number) for number in range(minutes)]
        return [
            {"symbol": symbol, "start": at, "trades": 3, "vwap": 10.1, **prices} for at in starts
        ]


def fetch(history: History, folder: Path) -> Fetched:
    done: list[int] = []
    sessions = sessions_between(FIRST, LAST)
    found = fetch_days(history, folder, sessions=sessions, symbols=SYMBOLS, done=done.append)
    assert done == [1, 2, 3]
    return found


def test_days_become_files_that_the_backtester_reads(tmp_path: Path) -> None:
    found = fetch(History(), tmp_path)

    assert found == Fetched(days=3, known_days=0, bars=2 * (390 + 210 + 390))
    history = read_history(sorted(tmp_path.rglob("*.csv.gz")))
    assert tuple(history.symbols) == SYMBOLS
    assert history.bar_count == found.bars


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    interrupted = fetch(History(answers=3), tmp_path)
    again = History()

    found = fetch(again, tmp_path)

    assert (interrupted.days, len(interrupted.unanswered)) == (1, 2)
    assert (found.days, found.known_days) == (2, 1)
    assert {day for _, day in again.asked} == {date(2024, 7, 3), date(2024, 7, 5)}
    assert not list(tmp_path.rglob("*.part"))
    assert day_file(tmp_path, FIRST).exists()


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (date(2024, 7, 4), date(2024, 7, 4))])
def test_days_that_are_none_are_refused(first: date, last: date) -> None:
    with pytest.raises(UsageError, match="Expected"):
        sessions_between(first, last)
