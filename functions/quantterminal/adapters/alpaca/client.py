"""Alpaca's trading REST over our own transport: the order path and the broker's books.

The vendor's client is not used here, because it sets no time-out and posts again after a 504. A
submit is sent exactly once; reads and cancels, which are safe to repeat, get up to three tries.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from quantterminal.adapters.alpaca import codec
from quantterminal.adapters.alpaca.refusals import (
    Answer,
    rate_limited,
    refused_submit,
    refuses_keys,
)
from quantterminal.domain.activities import Activity
from quantterminal.domain.errors import (
    AmbiguousError,
    CredentialsError,
    MessageError,
    OrderRejectedError,
    PermanentError,
    RetryableError,
)
from quantterminal.domain.orders import OrderUpdate
from quantterminal.domain.sessions import NEW_YORK
from quantterminal.ports.broker import BrokerAccount, BrokerFill, NewOrder, Refusal
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.backoff import Backoff, retried

T = TypeVar("T")
Transport = Callable[[str, str, bytes | None], Answer]
"""(method, path with query, body) -> the answer; raises urllib3's errors when there is none."""
_MOST_ORDERS = 500
_MOST_FILLS = 100
_MOST_PAGES = 1_000
_SPARED_FOR_ORDERS = 0.3  # the share of the rate limit that reads of the books leave alone
_REFUSED_KEYS = (401, 403)
_A_MICROSECOND = timedelta(microseconds=1)
_A_DAY = timedelta(days=1)  # the broker filters activities by day

# With these nothing has left: there was no connection to send on.
_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


class AlpacaBroker:
    """Satisfies `ports.broker.OrderGateway`, `BrokerBooks` and `BrokerCalendar`.

    `base_url` comes without /v2. `draw` answers floats from [0, 1); `sleep` takes seconds;
    `unix_now` is the wall clock that the rate limit's reset time is compared with; `transport`
    stands in for HTTP where there is no network. `fresh_keys` answers (key id, secret key) anew; it
    is asked once when the broker refuses the ones at hand, since they may have been rotated. Rows
    that cannot be read are counted and left out: what they say is missing then, and what is missing
    shows as a difference.
    """

    def __init__(  # noqa: PLR0913 - the client's surroundings, each with its own default
        self,
        *,
        base_url: str,
        key_id: str,
        secret_key: str,
        draw: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
        unix_now: Callable[[], float] = time.time,
        timeout: urllib3.Timeout | None = None,
        transport: Transport | None = None,
        telemetry: Telemetry | None = None,
        fresh_keys: Callable[[], tuple[str, str]] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._draw = draw
        self._sleep = sleep
        self._unix_now = unix_now
        self._keys = (key_id, secret_key)
        self._fresh_keys = fresh_keys or (lambda: self._keys)
        self._telemetry = telemetry
        self._headroom = 1.0
        self._pool = urllib3.PoolManager(
            retries=False,
            timeout=timeout or urllib3.Timeout(connect=1.5, read=4.0),
        )
        self._transport = transport or self._over_http

    def submit(self, order: NewOrder) -> OrderUpdate:
        body = msgspec.json.encode(codec.order_body(order))
        try:
            answer = self._send("POST", "/v2/orders", body=body)
        except _NEVER_SENT as problem:
            raise RetryableError(f"Submit: no connection, {problem}") from problem
        except urllib3.exceptions.HTTPError as problem:
            raise AmbiguousError(f"Submit of {order.client_order_id}: {problem}") from problem
        if not 200 <= answer.status < 300:
            return self._adopted(order, answer)
        try:
            return codec.snapshot(codec.parse(answer.body))
        except MessageError as problem:
            raise AmbiguousError(f"Submit of {order.client_order_id}: {problem}") from problem

    def find(self, client_order_id: str) -> OrderUpdate | None:
        query = {"client_order_id": client_order_id}
        found = self._read("/v2/orders:by_client_order_id", query, absent_is_none=True)
        try:
            return None if found is None else codec.snapshot(found)
        except MessageError as problem:
            # it is there, whatever it says: neither absent nor to be sent again
            raise RetryableError(f"{client_order_id}: {problem}") from problem

    def cancel(self, broker_order_id: str) -> None:
        self._with_retries(lambda: self._cancel_once(f"/v2/orders/{broker_order_id}"))

    def open_orders(self) -> Sequence[OrderUpdate]:
        self._spare_orders()
        return list(self._orders(status="open", after=datetime(1970, 1, 1, tzinfo=UTC)))

    def orders_since(self, after: datetime) -> Iterable[OrderUpdate]:
        self._spare_orders()
        return self._orders(status="all", after=after)

    def fills_since(self, after: datetime) -> Iterable[BrokerFill]:
        rows = self._activities("/v2/account/activities/FILL", {"after": _rfc3339(after)})
        return self._readable(rows, codec.fill)

    def activities_since(self, after: datetime) -> Iterable[Activity]:
        query = {"category": "non_trade_activity", "after": _rfc3339(after - _A_DAY)}
        rows = self._activities("/v2/account/activities", query)
        read = self._readable(rows, codec.activity)
        return [each for each in read if each is not None and each.at >= after]

    def time(self) -> datetime:
        return codec.clock(self._read("/v2/clock", {}))

    def positions(self) -> dict[str, Decimal]:
        return dict(
            codec.position(row) for row in _rows(self._read("/v2/positions", {}), "positions")
        )

    def account(self) -> BrokerAccount:
        return codec.account(self._read("/v2/account", {}))

    def account_number(self) -> str:
        """The broker's own name of the account that the key opens."""
        return codec.account_number(self._read("/v2/account", {}))

    def session_hours(self, day: date) -> tuple[datetime, datetime] | None:
        query = {"start": day.isoformat(), "end": day.isoformat()}
        for row in _rows(self._read("/v2/calendar", query), "calendar days"):
            if row.get("date") == day.isoformat():
                return _in_new_york(day, row.get("open")), _in_new_york(day, row.get("close"))
        return None

    def _adopted(self, order: NewOrder, answer: Answer) -> OrderUpdate:
        """The order that has our id already; any other refusal raises."""
        refusal = refused_submit(answer, unix_now=self._unix_now())
        if not isinstance(refusal, OrderRejectedError) or refusal.code != Refusal.DUPLICATE:
            raise refusal
        try:
            there = self.find(order.client_order_id)
        except (RetryableError, MessageError) as problem:
            raise AmbiguousError(f"{order.client_order_id} exists: {problem}") from problem
        if there is None:
            raise AmbiguousError(f"{order.client_order_id} is taken, and the broker has no such id")
        return there

    def _cancel_once(self, path: str) -> None:
        answer = self._send_repeatable("DELETE", path, {})
        # 404: never there. 422: has ended already. Both leave nothing to cancel.
        if answer.status not in (404, 422) and not 200 <= answer.status < 300:
            raise _unexpected("DELETE", path, answer)

    def _orders(self, *, status: str, after: datetime) -> Iterator[OrderUpdate]:
        """Pages by time of submission, overlapping by a microsecond, so that orders of one
        instant are not cut apart at a page's end.
        """
        seen: set[str] = set()
        query = {"status": status, "direction": "asc", "limit": str(_MOST_ORDERS)}
        for _ in range(_MOST_PAGES):
            page = _rows(self._read("/v2/orders", {**query, "after": _rfc3339(after)}), "orders")
            fresh = [row for row in page if row.get("id") not in seen]
            yield from self._readable(fresh, codec.snapshot)
            if len(page) < _MOST_ORDERS:
                return
            if not fresh:
                raise PermanentError(f"Expected fewer than {_MOST_ORDERS} orders at {after}")
            seen = {str(row.get("id")) for row in page}
            after = _submitted_at(page[-1]) - _A_MICROSECOND
        raise PermanentError(f"Expected at most {_MOST_PAGES} pages of orders, had more")

    def _activities(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        query = {"direction": "asc", "page_size": str(_MOST_FILLS), **query}
        for _ in range(_MOST_PAGES):
            page = _rows(self._read(path, query), "activities")
            yield from page
            if len(page) < _MOST_FILLS:
                return
            query = {**query, "page_token": str(page[-1]["id"])}
        raise PermanentError(f"Expected at most {_MOST_PAGES} pages of activities, had more")

    def _readable(self, rows: Iterable[dict[str, Any]], read: Callable[[object], T]) -> Iterator[T]:
        for row in rows:
            try:
                yield read(row)
            except MessageError as problem:
                if self._telemetry is not None:
                    self._telemetry.record(
                        "UnreadableRow", problem=str(problem), row=f"{row!r:.4096}"
                    )

    def _spare_orders(self) -> None:
        """Raises RetryableError while the rate limit is nearly used up: orders come first."""
        if self._headroom < _SPARED_FOR_ORDERS:
            self._headroom = 1.0  # one look is due again: the minute may be over
            raise RetryableError("The broker's rate limit is nearly reached; orders come first")

    def _read(
        self, path: str, query: Mapping[str, str], *, absent_is_none: bool = False
    ) -> Any | None:
        answer = self._with_retries(lambda: self._send_repeatable("GET", path, query))
        if answer.status == 404 and absent_is_none:
            return None
        if refuses_keys(answer):
            raise CredentialsError(f"GET {path}: the broker does not take our keys")
        if answer.status != 200:
            raise _unexpected("GET", path, answer)
        try:
            return codec.parse(answer.body)
        except MessageError as problem:
            raise RetryableError(f"GET {path}: {problem}") from problem

    def _with_retries(self, call: Callable[[], T]) -> T:
        return retried(call, backoff=Backoff(self._draw), sleep=self._sleep)

    def _send_repeatable(self, method: str, path: str, query: Mapping[str, str]) -> Answer:
        try:
            answer = self._send(method, f"{path}?{urlencode(query)}" if query else path)
        except urllib3.exceptions.HTTPError as problem:
            raise RetryableError(f"{method} {path}: {problem}") from problem
        if answer.status == 429:
            raise rate_limited(answer, unix_now=self._unix_now())
        if answer.status >= 500 or answer.status in (408, 499):
            raise RetryableError(f"{method} {path}: expected an answer, was {answer.status}")
        return answer

    def _send(self, method: str, target: str, *, body: bytes | None = None) -> Answer:
        """One request. Keys that are refused were proved to do nothing, so that a second request
        with new ones is safe; with the same ones it is not tried.
        """
        answer = self._transport(method, target, body)
        if answer.status in _REFUSED_KEYS and refuses_keys(answer):
            fresh = self._fresh_keys()
            if fresh != self._keys:
                self._keys = fresh
                answer = self._transport(method, target, body)
        return answer

    def _over_http(self, method: str, target: str, body: bytes | None) -> Answer:
        key_id, secret_key = self._keys
        headers = {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret_key}
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = self._pool.request(
            method,
            f"{self._base_url}{target}",
            body=body,
            headers=headers,
            redirect=False,
        )
        self._note_headroom(answer.headers)
        if answer.status == 429 and self._telemetry is not None:
            self._telemetry.record("RateLimited", method=method)
        return Answer(answer.status, answer.headers, answer.data)

    def _note_headroom(self, headers: Mapping[str, str]) -> None:
        try:
            remaining = int(headers["X-RateLimit-Remaining"])
            limit = int(headers["X-RateLimit-Limit"])
        except (KeyError, ValueError):
            return
        if limit > 0:
            self._headroom = remaining / limit
            if self._telemetry is not None and self._headroom < 2 * _SPARED_FOR_ORDERS:
                self._telemetry.measure("RateLimitHeadroom", self._headroom * 100, "Percent")


def _unexpected(method: str, path: str, answer: Answer) -> PermanentError:
    return PermanentError(
        f"{method} {path}: expected success, was {answer.status} {answer.body[:200]!r}"
    )


def _rows(page: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(page, list) or not all(isinstance(row, dict) for row in page):
        raise RetryableError(f"Expected a list of {what}, was {page!r:.200}")
    return page


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _submitted_at(row: Mapping[str, Any]) -> datetime:
    value = row.get("submitted_at") or row.get("created_at")
    if not isinstance(value, str):
        raise MessageError(f"Expected a time in submitted_at, was {value!r:.200}")
    return datetime.fromisoformat(value)


def _in_new_york(day: date, hour: object) -> datetime:
    try:
        at = datetime.strptime(str(hour), "%H:%M").time()  # noqa: DTZ007 - the zone is added here
    except ValueError as problem:
        raise MessageError(f"Expected a time of day, was {hour!r:.50}") from problem
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)
