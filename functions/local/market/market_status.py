"""Polygon's reference answers: is the market open, when will it not be, what do prints mean."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from local.market.wire import new_york
from quantterminal.domain.errors import CalendarRangeError
from quantterminal.domain.sessions import Session, new_york_date, session_at, session_on

_PRE_MARKET, _POST_MARKET_ENDS = time(4, 0), time(20, 0)
_LOOK_AHEAD_DAYS = 365
_EXCHANGES = ("NYSE", "NASDAQ")

# id, name, updates high and low, updates open and close, updates volume (consolidated)
_CONDITIONS = (
    (0, "Regular Sale", True, True, True),
    (2, "Average Price Trade", False, False, True),
    (5, "Bunched Sold Trade", True, False, True),
    (7, "Cash Sale", False, False, True),
    (8, "Closing Prints", True, True, True),
    (10, "Derivatively Priced", True, False, True),
    (12, "Form T/Extended Hours", False, False, True),
    (13, "Extended Hours (Sold Out Of Sequence)", False, False, True),
    (14, "Intermarket Sweep", True, True, True),
    (15, "Market Center Official Close", False, False, False),
    (16, "Market Center Official Open", False, False, False),
    (20, "Next Day", False, False, True),
    (21, "Price Variation Trade", False, False, True),
    (22, "Prior Reference Price", True, False, True),
    (25, "Opening Prints", True, True, True),
    (37, "Odd Lot Trade", False, False, True),
    (38, "Corrected Consolidated Close", True, True, False),
    (41, "Trade Thru Exempt", True, True, True),
    (52, "Contingent Trade", False, False, True),
    (53, "Qualified Contingent Trade", False, False, True),
)


def market_status(now: datetime) -> dict[str, Any]:
    """The body of /v1/marketstatus/now."""
    local, today = new_york(now), session_on(new_york_date(now))
    is_open = session_at(now) is not None
    is_early = today is not None and local.time() >= _PRE_MARKET and now < today.open
    is_late = today is not None and today.close <= now and local.time() < _POST_MARKET_ENDS
    state = "open" if is_open else "extended-hours" if is_early or is_late else "closed"
    return {
        "afterHours": is_late,
        "currencies": {"crypto": "open", "fx": "open"},
        "earlyHours": is_early,
        "exchanges": {"nasdaq": state, "nyse": state, "otc": state},
        "market": state,
        "serverTime": local.isoformat(timespec="seconds"),
    }


def upcoming_closures(now: datetime) -> list[dict[str, Any]]:
    """The body of /v1/marketstatus/upcoming: weekday holidays and early closes of a year."""
    today = new_york_date(now)
    days = (today + timedelta(days=ahead) for ahead in range(1, _LOOK_AHEAD_DAYS + 1))
    return [entry for day in days for entry in _closure(day)]


def trade_conditions() -> list[dict[str, Any]]:
    """The conditions that decide whether a trade updates a bar."""
    return [_condition(*row) for row in _CONDITIONS]


def _closure(day: date) -> Iterator[dict[str, Any]]:
    try:
        session = session_on(day)
    except CalendarRangeError:
        return
    if session is None and day.weekday() < 5:
        for exchange in _EXCHANGES:
            yield _entry(day, exchange, "Market Holiday", "closed")
    elif session is not None and session.is_half_day:
        for exchange in _EXCHANGES:
            yield _entry(day, exchange, "Early Close", "early-close") | _hours(session)


def _entry(day: date, exchange: str, name: str, status: str) -> dict[str, Any]:
    return {"date": day.isoformat(), "exchange": exchange, "name": name, "status": status}


def _hours(session: Session) -> dict[str, str]:
    form = "%Y-%m-%dT%H:%M:%S.000Z"
    return {"open": session.open.strftime(form), "close": session.close.strftime(form)}


def _condition(number: int, name: str, high_low: bool, open_close: bool, volume: bool) -> Any:  # noqa: FBT001 - a row of the table above
    rules = {
        "updates_high_low": high_low,
        "updates_open_close": open_close,
        "updates_volume": volume,
    }
    return {
        "id": number,
        "type": "sale_condition",
        "name": name,
        "asset_class": "stocks",
        "data_types": ["trade"],
        "sip_mapping": {},
        "update_rules": {"consolidated": rules, "market_center": rules},
    }
