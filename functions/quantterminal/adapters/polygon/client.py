"""Polygon's REST: the bars and prints that a gap or a warm-up needs, and what the tables say.

Reads only, so a failed request is repeated up to three times. The pages are followed by the path
and query of `next_url` exactly as given, always on our own base URL, so that the key is never sent
to a host that an answer names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import urllib3

from quantterminal.adapters.polygon.codec import rest_bar, rest_trade, rows_of
from quantterminal.adapters.polygon.tables import condition_rules, dividend, split
from quantterminal.domain.corporate_actions import CorporateAction
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.trade_conditions import ConditionRules
from quantterminal.ports.feed import RawBar
from quantterminal.ports.ticks import TradeTick
from quantterminal.services.backoff import Backoff, retried

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 50_000
_MOST_PAGES = 1_000
_NS_A_MS = 1_000_000
_WORTH_REPEATING = frozenset({408, 413, 429, 499, 500, 502, 503, 504})


class PolygonHistory:
    """Satisfies `ports.feed.BarHistory` and `TradeHistory` and
    `ports.corporate_actions.ActionHistory`. `base_url` has no trailing slash.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        draw: Callable[[], float],
        sleep: Callable[[float], None],
        connect_timeout_s: float = 2.0,
        read_timeout_s: float = 10.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._draw = draw
        self._sleep = sleep
        self._pool = urllib3.PoolManager(
            headers={"Authorization": f"Bearer {api_key}"},
            retries=False,
            timeout=urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s),
        )

    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> Sequence[RawBar]:
        first, last = _milliseconds(start), _milliseconds(end) - 1  # the vendor's end is inclusive
        if last < first:
            return []
        target = (
            f"/v2/aggs/ticker/{quote(symbol, safe='')}/range/1/minute/{first}/{last}"
            f"?adjusted=false&sort=asc&limit={_PAGE}"
        )
        bars: list[RawBar] = []
        for rows in self._pages(target):
            bars += [rest_bar(symbol, row) for row in rows]
        return bars

    def trades(
        self, symbol: str, *, start: datetime, end: datetime
    ) -> Iterator[Sequence[TradeTick]]:
        target = (
            f"/v3/trades/{quote(symbol, safe='')}?timestamp.gte={_milliseconds(start) * _NS_A_MS}"
            f"&timestamp.lt={_milliseconds(end) * _NS_A_MS}&order=asc&sort=timestamp&limit={_PAGE}"
        )
        for rows in self._pages(target):
            found = [rest_trade(symbol, row) for row in rows]
            yield [trade for trade in found if trade is not None]

    def actions(self, symbol: str, *, since: date) -> Sequence[CorporateAction]:
        found: list[CorporateAction] = []
        for table, day, read in (
            ("splits", "execution_date", split),
            ("dividends", "ex_dividend_date", dividend),
        ):
            query = f"ticker={quote(symbol, safe='')}&{day}.gte={since.isoformat()}&limit=1000"
            for rows in self._pages(f"/v3/reference/{table}?{query}"):
                found += [action for row in rows if (action := read(row)) is not None]
        return found

    def condition_rules(self) -> ConditionRules:
        """The rules of the trade conditions as the vendor has them today."""
        query = "asset_class=stocks&data_type=trade&limit=1000"
        pages = self._pages(f"/v3/reference/conditions?{query}")
        return condition_rules(row for rows in pages for row in rows)

    def _pages(self, target: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The rows of every page; the next one is asked for when it is wanted."""
        for _ in range(_MOST_PAGES):
            page = self._get(target)
            yield list(rows_of(page.get("results")))
            following = page.get("next_url")
            if not following:
                return
            target = _path_and_query(following)
        path = urlsplit(target).path
        raise PermanentError(f"GET {path}: expected at most {_MOST_PAGES} pages, had more")

    def _get(self, target: str) -> dict[str, Any]:
        backoff = Backoff(self._draw)
        return retried(lambda: self._get_once(target), backoff=backoff, sleep=self._sleep)

    def _get_once(self, target: str) -> dict[str, Any]:
        path = urlsplit(target).path
        try:
            answer = self._pool.request("GET", f"{self._base_url}{target}", redirect=False)
        except urllib3.exceptions.HTTPError as problem:
            raise RetryableError(f"GET {path}: {problem}") from problem
        if answer.status in _WORTH_REPEATING:
            raise RetryableError(f"GET {path}: expected 200, was {answer.status}")
        if answer.status != 200:
            raise PermanentError(
                f"GET {path}: expected 200, was {answer.status} {answer.data[:200]!r}"
            )
        try:
            return msgspec.json.decode(answer.data, type=dict[str, Any])
        except msgspec.MsgspecError as problem:
            raise RetryableError(f"GET {path}: expected a JSON object, {problem}") from problem


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
