"""Polygon's frames and REST rows in our words.

A frame is decoded twice at most: fast and typed first, and where that refuses (one unknown event
or one odd value refuses the whole frame) event by event and with mercy. Values are handed on as
they came; `services.bar_door` judges them. Facts: integers may arrive as `12.0`, `dv` is the exact
volume as a string, `t` of T, Q, A and AM is milliseconds since the epoch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

import msgspec

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.money import price_from_float
from quantterminal.ports.feed import RawBar
from quantterminal.ports.streams import BarSeen, QuoteSeen, SessionReport, TradeSeen
from quantterminal.ports.watermarks import Quote

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_REPORT = 200


@dataclass(frozen=True, slots=True)
class Status:
    """A control message: `auth_success`, `success`, `max_connections`, `error` and others."""

    status: str
    message: str


Decoded = BarSeen | QuoteSeen | TradeSeen | Status | SessionReport


class _Minute(msgspec.Struct, tag_field="ev", tag="AM"):
    sym: str
    s: float | None = None
    o: float | None = None
    h: float | None = None
    l: float | None = None  # noqa: E741 - the vendor's name
    c: float | None = None
    v: float | None = None
    vw: float | None = None
    dv: str | None = None


class _Trade(msgspec.Struct, tag_field="ev", tag="T"):
    sym: str
    t: float
    p: float
    s: float = 0.0
    ds: str | None = None


class _Quote(msgspec.Struct, tag_field="ev", tag="Q"):
    sym: str
    t: float
    bp: float = 0.0
    ap: float = 0.0


class _Status(msgspec.Struct, tag_field="ev", tag="status"):
    status: str = ""
    message: str = ""


_SHAPES: dict[str, type[_Trade | _Quote | _Status]] = {
    "T": _Trade,
    "Q": _Quote,
    "status": _Status,
}
_fast = msgspec.json.Decoder(list[_Minute | _Trade | _Quote | _Status])


def decode(frame: str | bytes) -> list[Decoded]:
    """Everything a frame says, in its order; what makes no sense becomes a report."""
    try:
        events = _fast.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_with_mercy(frame)
    return [said for event in events if (said := _translate(event)) is not None]


def rest_bar(symbol: str, row: Mapping[str, Any]) -> RawBar:
    """One row of `/v2/aggs`, as it came."""
    return {
        "symbol": symbol,
        "start": instant(row.get("t")),
        "open": row.get("o"),
        "high": row.get("h"),
        "low": row.get("l"),
        "close": row.get("c"),
        "volume": row.get("v"),
        "vwap": row.get("vw"),
        "trades": row.get("n"),
    }


def instant(milliseconds: object) -> datetime | None:
    """Milliseconds since the epoch as aware UTC, None when that is no instant."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None


def _translate(event: _Minute | _Trade | _Quote | _Status) -> Decoded | None:
    if isinstance(event, _Minute):
        return BarSeen(_minute_bar(event))
    if isinstance(event, _Quote):
        return _quote(event)
    if isinstance(event, _Trade):
        return _trade(event)
    return Status(event.status, event.message)


def _minute_bar(event: _Minute) -> RawBar:
    return {
        "symbol": event.sym,
        "start": instant(event.s),
        "open": event.o,
        "high": event.h,
        "low": event.l,
        "close": event.c,
        "volume": _exact(event.v, event.dv),
        "vwap": event.vw,
        "trades": None,
    }


def _quote(event: _Quote) -> QuoteSeen | SessionReport | None:
    at = instant(event.t)
    try:
        bid, ask = price_from_float(event.bp), price_from_float(event.ap)
    except InvalidValueError:
        at = None
    if at is None:
        return _odd("quote", event)
    # one-sided quotes are normal before the open, crossed ones in fast markets: no price of ours
    if bid <= 0 or ask < bid:
        return None
    return QuoteSeen(event.sym, Quote(bid=bid, ask=ask, at=at))


def _trade(event: _Trade) -> TradeSeen | SessionReport:
    at = instant(event.t)
    size = _exact(event.s, event.ds)
    usable = isfinite(event.p) and event.p > 0 and size is not None and isfinite(size)
    if at is None or size is None or not usable or size < 0:
        return _odd("trade", event)
    return TradeSeen(event.sym, event.p, size, at)


def _exact(number: float | None, decimal: str | None) -> float | None:
    """The decimal string where there is a readable one: fractional shares are cut off elsewhere."""
    if number is None or not decimal:
        return number
    try:
        exact = float(decimal)
    except ValueError:
        return number
    return exact if isfinite(exact) else number


def _decode_with_mercy(frame: str | bytes) -> list[Decoded]:
    try:
        parsed = json.loads(frame)
    except (ValueError, RecursionError) as problem:
        return [SessionReport("feed_frame_unreadable", {"problem": _short(problem)})]
    items = parsed if isinstance(parsed, list) else [parsed]
    return [said for item in items if (said := _with_mercy(item)) is not None]


def _with_mercy(item: object) -> Decoded | None:
    if not isinstance(item, dict):
        return _odd("event", item)
    kind = str(item.get("ev"))
    if kind == "AM":
        return BarSeen(_merciful_bar(item))
    shape = _SHAPES.get(kind)
    if shape is None:
        return SessionReport("feed_event_unknown", {"ev": _short(kind)})
    try:
        event = msgspec.convert(item, shape, strict=False)
    except msgspec.MsgspecError as problem:
        return _odd(kind, problem)
    return _translate(event)


def _merciful_bar(item: Mapping[str, Any]) -> RawBar:
    bar = rest_bar("", item)
    symbol = item.get("sym")
    exact = item.get("dv")
    volume = item.get("v")
    if _is_number(volume) and isinstance(exact, str):
        volume = _exact(volume, exact)
    return {
        **bar,
        "symbol": symbol if isinstance(symbol, str) else _short(symbol),
        "start": instant(item.get("s")),
        "volume": volume,
        "trades": None,
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _odd(kind: str, found: object) -> SessionReport:
    return SessionReport("feed_event_unreadable", {"ev": kind, "problem": _short(found)})


def _short(found: object) -> str:
    return str(found)[:_LONGEST_REPORT]


def rows_of(results: object) -> Sequence[Mapping[str, Any]]:
    """The rows of a REST answer; `results` may be absent when there are none."""
    if not isinstance(results, list):
        return ()
    return [row for row in results if isinstance(row, dict)]
