"""When the exchange trades: regular sessions of NYSE and Nasdaq from a static table.

The table comes from exchange_calendars (`tests/generate_sessions.py` prints it, a test holds it
against the library), because the library costs 100 MB and a second at each start. At run time the
answer is compared with the broker's calendar; the more closed one wins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from quantterminal.domain.errors import CalendarRangeError

NEW_YORK = ZoneInfo("America/New_York")
# New York is four or five hours behind: from then on both have the same date.
_UTC_HOUR_OF_THE_SAME_DAY = 5
_OPEN, _CLOSE, _EARLY_CLOSE = time(9, 30), time(16, 0), time(13, 0)

_HOLIDAYS = {
    2010: "0101 0118 0215 0402 0531 0705 0906 1125 1224",
    2011: "0117 0221 0422 0530 0704 0905 1124 1226",
    2012: "0102 0116 0220 0406 0528 0704 0903 1029 1030 1122 1225",
    2013: "0101 0121 0218 0329 0527 0704 0902 1128 1225",
    2014: "0101 0120 0217 0418 0526 0704 0901 1127 1225",
    2015: "0101 0119 0216 0403 0525 0703 0907 1126 1225",
    2016: "0101 0118 0215 0325 0530 0704 0905 1124 1226",
    2017: "0102 0116 0220 0414 0529 0704 0904 1123 1225",
    2018: "0101 0115 0219 0330 0528 0704 0903 1122 1205 1225",
    2019: "0101 0121 0218 0419 0527 0704 0902 1128 1225",
    2020: "0101 0120 0217 0410 0525 0703 0907 1126 1225",
    2021: "0101 0118 0215 0402 0531 0705 0906 1125 1224",
    2022: "0117 0221 0415 0530 0620 0704 0905 1124 1226",
    2023: "0102 0116 0220 0407 0529 0619 0704 0904 1123 1225",
    2024: "0101 0115 0219 0329 0527 0619 0704 0902 1128 1225",
    2025: "0101 0109 0120 0217 0418 0526 0619 0704 0901 1127 1225",
    2026: "0101 0119 0216 0403 0525 0619 0703 0907 1126 1225",
    2027: "0101 0118 0215 0326 0531 0618 0705 0906 1125 1224",
    2028: "0117 0221 0414 0529 0619 0704 0904 1123 1225",
    2029: "0101 0115 0219 0330 0528 0619 0704 0903 1122 1225",
    2030: "0101 0121 0218 0419 0527 0619 0704 0902 1128 1225",
}
_EARLY_CLOSES = {
    2010: "1126",
    2011: "1125",
    2012: "0703 1123 1224",
    2013: "0703 1129 1224",
    2014: "0703 1128 1224",
    2015: "1127 1224",
    2016: "1125",
    2017: "0703 1124",
    2018: "0703 1123 1224",
    2019: "0703 1129 1224",
    2020: "1127 1224",
    2021: "1126",
    2022: "1125",
    2023: "0703 1124",
    2024: "0703 1129 1224",
    2025: "0703 1128 1224",
    2026: "1127 1224",
    2027: "1126",
    2028: "0703 1124",
    2029: "0703 1123 1224",
    2030: "0703 1129 1224",
}

_YEARS = range(min(_HOLIDAYS), max(_HOLIDAYS) + 1)


@dataclass(frozen=True, slots=True)
class Session:
    """One regular session: `open` inclusive, `close` exclusive, aware UTC."""

    day: date
    open: datetime
    close: datetime

    @property
    def is_half_day(self) -> bool:
        return self.close - self.open < timedelta(hours=6)

    def contains(self, instant: datetime) -> bool:
        return self.open <= instant < self.close


@lru_cache(maxsize=4096)
def session_on(day: date) -> Session | None:
    """The regular session of `day` (a New York date), None on weekends and holidays.

    Raises CalendarRangeError outside the years of the table: a guess would trade on a holiday.
    """
    if day.year not in _YEARS:
        raise CalendarRangeError(
            f"Expected a day within {_YEARS.start}-{_YEARS.stop - 1}, was {day.isoformat()}"
        )
    mark = f"{day:%m%d}"
    if day.weekday() >= 5 or mark in _HOLIDAYS[day.year].split():
        return None
    close = _EARLY_CLOSE if mark in _EARLY_CLOSES.get(day.year, "").split() else _CLOSE
    return Session(day, _in_utc(day, _OPEN), _in_utc(day, close))


def session_at(instant: datetime) -> Session | None:
    """The regular session that `instant` falls into, None when the market is closed then."""
    session = session_on(new_york_date(instant))
    return session if session is not None and session.contains(instant) else None


def sessions_from(day: date) -> Iterator[Session]:
    """All sessions on and after `day`, oldest first, to the end of the table."""
    while day.year in _YEARS:
        session = session_on(day)
        if session is not None:
            yield session
        day += timedelta(days=1)


def sessions_until(day: date) -> Iterator[Session]:
    """All sessions on and before `day`, newest first, to the beginning of the table."""
    while day.year in _YEARS:
        session = session_on(day)
        if session is not None:
            yield session
        day -= timedelta(days=1)


def next_session(after: date) -> Session:
    """The first session on a day later than `after`."""
    return next(sessions_from(after + timedelta(days=1)))


def new_york_date(instant: datetime) -> date:
    """The trading date of an instant: the calendar day in New York, not in UTC."""
    if instant.tzinfo is UTC and instant.hour >= _UTC_HOUR_OF_THE_SAME_DAY:
        return instant.date()
    return instant.astimezone(NEW_YORK).date()


def _in_utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)
