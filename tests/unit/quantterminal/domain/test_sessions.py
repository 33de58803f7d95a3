from datetime import UTC, date, datetime, timedelta
from itertools import islice

import exchange_calendars
import pytest

from quantterminal.domain.errors import CalendarRangeError
from quantterminal.domain.sessions import (
    new_york_date,
    next_session,
    session_at,
    session_on,
    sessions_from,
    sessions_until,
)

FIRST, LAST = date(2010, 1, 1), date(2030, 12, 31)


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


# The library's own use of a pandas accessor that pandas has deprecated.
@pytest.mark.filterwarnings("ignore:Series.values")
def test_every_day_of_the_table_agrees_with_exchange_calendars() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start=str(FIRST), end=str(LAST))
    expected = {
        row.Index.date(): (row.open.to_pydatetime(), row.close.to_pydatetime())
        for row in calendar.schedule.itertuples()
    }

    days = [FIRST + timedelta(days=count) for count in range((LAST - FIRST).days + 1)]
    found = {
        session.day: (session.open, session.close)
        for session in map(session_on, days)
        if session is not None
    }

    assert len(found) > 5000
    assert found == expected


def test_opening_follows_daylight_saving_time() -> None:
    winter, summer = session_on(date(2024, 3, 8)), session_on(date(2024, 3, 11))

    assert winter is not None
    assert winter.open == _utc(2024, 3, 8, 14, 30)
    assert summer is not None
    assert summer.open == _utc(2024, 3, 11, 13, 30)
    assert summer.open.tzinfo is UTC


def test_half_days_close_at_one() -> None:
    half, full = session_on(date(2024, 11, 29)), session_on(date(2024, 11, 27))

    assert half is not None
    assert half.is_half_day
    assert half.close == _utc(2024, 11, 29, 18, 0)
    assert full is not None
    assert not full.is_half_day


@pytest.mark.parametrize("day", [date(2024, 3, 9), date(2024, 3, 10), date(2024, 3, 29)])
def test_weekends_and_holidays_have_no_session(day: date) -> None:
    assert session_on(day) is None


def test_the_open_belongs_to_the_session_and_the_close_does_not() -> None:
    assert session_at(_utc(2024, 3, 4, 14, 29, 59)) is None
    assert session_at(_utc(2024, 3, 4, 14, 30)) == session_on(date(2024, 3, 4))
    assert session_at(_utc(2024, 3, 4, 20, 59, 59)) is not None
    assert session_at(_utc(2024, 3, 4, 21, 0)) is None


def test_the_trading_date_is_the_one_in_new_york() -> None:
    assert new_york_date(_utc(2024, 3, 5, 3, 0)) == date(2024, 3, 4)


def test_sessions_run_over_weekends_in_order() -> None:
    sessions = sessions_from(date(2024, 3, 8))

    assert [next(sessions).day for _ in range(2)] == [date(2024, 3, 8), date(2024, 3, 11)]
    assert next_session(date(2024, 3, 28)).day == date(2024, 4, 1)


@pytest.mark.parametrize("day", [date(2009, 12, 31), date(2031, 1, 1)])
def test_a_day_outside_the_table_is_refused(day: date) -> None:
    with pytest.raises(CalendarRangeError, match="2010-2030"):
        session_on(day)


def test_sessions_end_with_the_table() -> None:
    assert [session.day for session in sessions_from(date(2030, 12, 31))] == [date(2030, 12, 31)]


def test_sessions_backwards_leave_out_what_has_none_and_end_with_the_table() -> None:
    found = list(islice(sessions_until(date(2024, 3, 31)), 2))
    assert [session.day for session in found] == [date(2024, 3, 28), date(2024, 3, 27)]
    assert not list(sessions_until(date(1999, 1, 1)))
