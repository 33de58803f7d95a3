"""One New York calendar day as a window of instants: what its report and its trade log cover.

The window is the whole calendar day, because a fill may come late, after the close; the session
inside it is what the minute figures are made from.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from quantterminal.domain.sessions import NEW_YORK, Session, session_on


@dataclass(frozen=True, slots=True)
class TradingDay:
    """`start` inclusive, `end` exclusive, aware UTC; `session` is None when the market is shut."""

    day: date
    start: datetime
    end: datetime
    session: Session | None

    @property
    def opens(self) -> datetime:
        """The session's open, or the start of a day without one."""
        return self.session.open if self.session else self.start

    @property
    def closes(self) -> datetime:
        """The session's close, or the end of a day without one."""
        return self.session.close if self.session else self.end


def trading_day(day: date) -> TradingDay:
    """The window of a New York date. Raises CalendarRangeError outside the sessions table."""
    return TradingDay(day, _midnight(day), _midnight(day + timedelta(days=1)), session_on(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), NEW_YORK).astimezone(UTC)
