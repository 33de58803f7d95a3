"""Polygon's REST over the tape: minute aggregates, trades, quotes, market status, conditions.

Pages go on at `next_url`, whose path or query is moved to where the last page ended, so that
following it verbatim never repeats or skips a row while the market plays on.
"""

import base64
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import count, islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from local.market.bars import epoch_ms
from local.market.feed_events import rest_aggregate, rest_quote, rest_trade
from local.market.market_status import market_status, trade_conditions, upcoming_closures
from local.market.tape import Print, Tape
from local.market.wire import dumps
from quantterminal.domain.sessions import NEW_YORK

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_AGGREGATES, _TICKS, _MOST = 5_000, 1_000, 50_000
_NS_PER_MS = 1_000_000
_PARAMETERS_OF_TICKS = ("timestamp.gte", "timestamp.gt", "timestamp.lte", "timestamp.lt")


class FeedRest:
    """Builds the routes; `now` gives the market's time."""

    def __init__(self, tape: Tape, *, api_key: str, now: Callable[[], datetime]) -> None:
        self._tape = tape
        self._api_key = api_key
        self._now = now
        self._requests = count(1)

    def routes(self) -> list[web.RouteDef]:
        path = "/v2/aggs/ticker/{ticker}/range/{multiplier}/{timespan}/{from}/{to}"
        return [
            web.get(path, self._aggregates),
            web.get("/v3/trades/{ticker}", self._trades),
            web.get("/v3/quotes/{ticker}", self._quotes),
            web.get("/v1/marketstatus/now", self._status),
            web.get("/v1/marketstatus/upcoming", self._upcoming),
            web.get("/v3/reference/conditions", self._conditions),
            web.get("/v3/reference/splits", self._no_actions),
            web.get("/v3/reference/dividends", self._no_actions),
        ]

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The key and the errors around every request but the WebSocket's."""
        if request.path == "/stocks":
            return await handler(request)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._api_key not in (bearer, request.query.get("apiKey")):
            return self._error(401, "Unknown API Key")
        try:
            return await handler(request)
        except _BadRequest as error:
            return self._error(400, str(error))
        except web.HTTPNotFound:
            return self._error(404, "not found")

    async def _aggregates(self, request: web.Request) -> web.Response:
        info, query = request.match_info, _query(request)
        if (info["multiplier"], info["timespan"]) != ("1", "minute"):
            raise _BadRequest("only range/1/minute is served here")
        first_ms = _bound(info["from"], name="from")
        last_ms = _bound(info["to"], name="to", end_of_day=True)
        bars = self._tape.bars(info["ticker"], first_ms, last_ms)
        is_descending = _choice(query, "sort", ("asc", "desc")) == "desc"
        if is_descending:
            bars.reverse()
        page = bars[: _limit(query, _AGGREGATES)]
        body: dict[str, Any] = {
            "ticker": info["ticker"],
            "queryCount": len(page),
            "resultsCount": len(page),
            "adjusted": query.get("adjusted", "true") != "false",
        }
        if page:
            body["results"] = [rest_aggregate(bar) for bar in page]
        body |= {"status": "OK", "request_id": self._request_id(), "count": len(page)}
        if len(page) < len(bars):
            edge = page[-1].start_ms
            span = f"{info['from']}/{edge - 1}" if is_descending else f"{edge + 1}/{info['to']}"
            path = f"/v2/aggs/ticker/{info['ticker']}/range/1/minute/{span}"
            body["next_url"] = _next_url(request, path, query)
        return _json(body)

    async def _trades(self, request: web.Request) -> web.Response:
        entries = self._tape.prints(request.match_info["ticker"])
        return self._ticks(request, (e for e in entries if e.point.size), rest_trade)

    async def _quotes(self, request: web.Request) -> web.Response:
        return self._ticks(request, self._tape.prints(request.match_info["ticker"]), rest_quote)

    def _ticks(
        self,
        request: web.Request,
        entries: Iterable[Print],
        to_json: Callable[[Print], dict[str, Any]],
    ) -> web.Response:
        """`entries` come newest first."""
        query = _query(request)
        first_ns, last_ns = _tick_bounds(query)
        found: Iterator[Print] = (e for e in entries if first_ns <= _at_ns(e) <= last_ns)
        is_descending = _choice(query, "order", ("desc", "asc")) == "desc"
        if not is_descending:
            found = reversed(list(found))
        limit = _limit(query, _TICKS)
        page = list(islice(found, limit + 1))
        body: dict[str, Any] = {
            "results": [to_json(entry) for entry in page[:limit]],
            "status": "OK",
            "request_id": self._request_id(),
        }
        if len(page) > limit:
            bound = "timestamp.lt" if is_descending else "timestamp.gt"
            moved = {**query, bound: str(_at_ns(page[limit - 1]))}
            body["next_url"] = _next_url(request, request.path, moved)
        return _json(body)

    async def _status(self, _request: web.Request) -> web.Response:
        return _json(market_status(self._now()))

    async def _upcoming(self, _request: web.Request) -> web.Response:
        return _json(upcoming_closures(self._now()))

    async def _conditions(self, _request: web.Request) -> web.Response:
        conditions = trade_conditions()
        body = {"results": conditions, "status": "OK", "count": len(conditions)}
        return _json({**body, "request_id": self._request_id()})

    async def _no_actions(self, _request: web.Request) -> web.Response:
        """Nothing is split or paid here: recorded bars are taken as they were traded."""
        return _json({"results": [], "status": "OK", "request_id": self._request_id()})

    def _error(self, status: int, message: str) -> web.Response:
        body = {"status": "ERROR", "request_id": self._request_id(), "error": message}
        return _json(body, status)

    def _request_id(self) -> str:
        return f"{next(self._requests):032x}"


class _BadRequest(Exception):  # noqa: N818 - an answer, not a failure of this program
    """A parameter that cannot be read or is not served; answered with status 400."""


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(text=dumps(value), status=status, content_type="application/json")


def _query(request: web.Request) -> dict[str, str]:
    """The parameters, those of a cursor included; the key is never carried on."""
    query = dict(request.query)
    cursor = query.pop("cursor", "")
    query.pop("apiKey", None)
    if cursor:
        try:
            decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        except ValueError as error:
            raise _BadRequest("invalid cursor") from error
        query |= dict(parse_qsl(decoded))
    return query


def _next_url(request: web.Request, path: str, query: Mapping[str, str]) -> str:
    cursor = base64.urlsafe_b64encode(urlencode(query).encode()).decode().rstrip("=")
    return f"http://{request.host}{path}?cursor={cursor}"


def _bound(text: str, *, name: str, end_of_day: bool = False) -> int:
    """A date of New York or milliseconds, as milliseconds."""
    if text.isdecimal():
        return int(text)
    start = _day_start(text, name)
    return epoch_ms(start + timedelta(days=1)) - 1 if end_of_day else epoch_ms(start)


def _day_start(text: str, name: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), NEW_YORK)
    except ValueError as error:
        raise _BadRequest(f"could not parse {name}: {text}") from error


def _tick_bounds(query: Mapping[str, str]) -> tuple[int, int]:
    """The first and the last nanosecond that the timestamp parameters allow."""
    first, last = 0, 2**63
    if query.get("timestamp"):
        first, last = _nanoseconds(query["timestamp"])
    for name in _PARAMETERS_OF_TICKS:
        if not query.get(name):
            continue
        start, end = _nanoseconds(query[name])
        if name.endswith("gte"):
            first = max(first, start)
        elif name.endswith("gt"):
            first = max(first, end + 1)
        elif name.endswith("lte"):
            last = min(last, end)
        else:
            last = min(last, start - 1)
    return first, last


def _nanoseconds(text: str) -> tuple[int, int]:
    """A nanosecond stands for itself, a date for its whole day in New York."""
    if text.isdecimal():
        return int(text), int(text)
    start = _day_start(text, "timestamp")
    end = (start + timedelta(days=1)).astimezone(UTC)
    return epoch_ms(start) * _NS_PER_MS, epoch_ms(end) * _NS_PER_MS - 1


def _at_ns(entry: Print) -> int:
    return entry.point.at_ms * _NS_PER_MS


def _choice(query: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name) or allowed[0]
    if value not in allowed:
        raise _BadRequest(f"{name} must be one of {', '.join(allowed)}")
    return value


def _limit(query: Mapping[str, str], default: int) -> int:
    text = query.get("limit") or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise _BadRequest(f"limit must be between 1 and {_MOST}")
    return int(text)
