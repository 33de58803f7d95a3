"""The list endpoints of the broker: which orders and which fills, in which order, how many."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from local.market import refusals
from local.market.orders import BrokerOrder
from quantterminal.domain.sessions import NEW_YORK

_DEFAULT_ORDERS, _MOST_ORDERS = 50, 500
_MOST_FILLS = 100


def select_orders(orders: Iterable[BrokerOrder], query: Mapping[str, str]) -> list[BrokerOrder]:
    """GET /v2/orders: open ones, newest first, 50 of them unless the query says otherwise."""
    status = _one_of(query, "status", ("open", "closed", "all"))
    found = [order for order in orders if status == "all" or order.is_open == (status == "open")]
    if query.get("symbols"):
        symbols = set(query["symbols"].split(","))
        found = [order for order in found if order.ticket.symbol in symbols]
    if query.get("side"):
        found = [order for order in found if order.ticket.side == query["side"]]
    if query.get("after"):
        after = _instant(query["after"])
        found = [order for order in found if order.submitted_at > after]
    if query.get("until"):
        until = _instant(query["until"])
        found = [order for order in found if order.submitted_at < until]
    newest_first = _one_of(query, "direction", ("desc", "asc")) == "desc"
    found.sort(key=lambda order: order.submitted_at, reverse=newest_first)
    return found[: _limit(query, "limit", _DEFAULT_ORDERS, _MOST_ORDERS)]


def select_activities(
    activities: Iterable[dict[str, Any]], query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """GET /v2/account/activities[/TYPE]: newest first, at most 100, `page_token` the last id."""
    found = sorted(activities, key=_time_of)
    if query.get("date"):
        found = [fill for fill in found if _day_of(fill) == _date(query["date"])]
    if query.get("after"):
        after = _instant(query["after"])
        found = [fill for fill in found if _time_of(fill) > after]
    if query.get("until"):
        until = _instant(query["until"])
        found = [fill for fill in found if _time_of(fill) < until]
    if _one_of(query, "direction", ("desc", "asc")) == "desc":
        found.reverse()
    return _after_token(found, query.get("page_token"))[
        : _limit(query, "page_size", _MOST_FILLS, _MOST_FILLS)
    ]


def read_date(query: Mapping[str, str], name: str, default: date) -> date:
    return _date(query[name]) if query.get(name) else default


def _after_token(fills: list[dict[str, Any]], token: str | None) -> list[dict[str, Any]]:
    if not token:
        return fills
    for index, fill in enumerate(fills):
        if fill["id"] == token:
            return fills[index + 1 :]
    raise refusals.invalid("invalid page_token")


def _one_of(query: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name) or allowed[0]
    if value not in allowed:
        raise refusals.invalid(f"invalid {name}")
    return value


def _limit(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise refusals.invalid(f"{name} must be between 1 and {most}")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise refusals.invalid(f"invalid timestamp {text}") from error
    if len(text) == len("2024-01-01"):
        return datetime.combine(at.date(), time(), NEW_YORK)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise refusals.invalid(f"invalid date {text}") from error


def _time_of(fill: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(fill.get("transaction_time") or fill["created_at"])


def _day_of(fill: dict[str, Any]) -> date:
    return _time_of(fill).astimezone(NEW_YORK).date()
