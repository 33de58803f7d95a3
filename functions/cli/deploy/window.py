"""When a deploy may start: never in a session, nor while the day is being opened or closed."""

from datetime import datetime, timedelta

from quantterminal.domain.sessions import NEW_YORK, new_york_date, session_on

# The database comes up an hour before the open, and a deploy with its way back takes up to an hour;
# reports and the trade log follow the close.
BEFORE = timedelta(hours=2, minutes=15)
AFTER = timedelta(minutes=45)


def reason_to_wait(now: datetime) -> str | None:
    """Why no deploy may start at `now` (aware), None when it may.

    Raises CalendarRangeError outside the years of the calendar.
    """
    session = session_on(new_york_date(now))
    if session is None or not session.open - BEFORE <= now < session.close + AFTER:
        return None
    begin, end = (
        f"{at.astimezone(NEW_YORK):%H:%M}" for at in (session.open - BEFORE, session.close + AFTER)
    )
    return (
        f"Expected a time outside {begin}-{end} New York on a trading day, was"
        f" {now.astimezone(NEW_YORK):%a %Y-%m-%d %H:%M}: deploy after that, or before"
    )
