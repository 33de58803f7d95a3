"""Which day a scheduled knock asks for. It only knocks; the calendar says whether to act."""

from collections.abc import Mapping
from datetime import date, datetime

from quantterminal.domain.errors import MessageError
from quantterminal.domain.sessions import new_york_date, session_on


def day_due(event: Mapping[str, object], *, now: datetime) -> date | None:
    """The New York day whose session has closed, None when there is nothing to do.

    `event` may carry `time` (ISO 8601 with an offset, else `now` counts), `day` (ISO date, else
    the date of that time) and `force` (act whatever the calendar says). Raises MessageError when
    one of them cannot be read.
    """
    at = _instant(event.get("time"), now)
    day = _day(event.get("day"), at)
    if event.get("force"):
        return day
    session = session_on(day)
    return day if session is not None and session.close <= at else None


def _instant(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise MessageError(f"Expected an ISO time, was {value!r}") from problem
    if instant.tzinfo is None:
        raise MessageError(f"Expected a time with its offset from UTC, was {value!r}")
    return instant


def _day(value: object, at: datetime) -> date:
    if value is None:
        return new_york_date(at)
    try:
        return date.fromisoformat(str(value))
    except ValueError as problem:
        raise MessageError(f"Expected an ISO date as day, was {value!r}") from problem
