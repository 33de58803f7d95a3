"""Polygon's event objects: AM from bars, T and Q from price points, fields omitted when empty."""

from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from local.market.bars import MINUTE_MS, RawBar, instant
from local.market.price_path import PricePoint
from local.market.tape import Print
from local.market.wire import finite, price_number
from quantterminal.domain.sessions import new_york_date

_EXCHANGE = 4
_TAPE = 1
_TRADES_A_MINUTE = 4


def mean_price(bar: RawBar) -> float:
    """Stands in for the volume-weighted price, which a minute bar does not tell."""
    return round((bar.open + bar.high + bar.low + bar.close) / 4, 4)


@dataclass(slots=True)
class _DaySoFar:
    day: date
    official_open: float | None = None
    volume: float = 0.0
    notional: float = 0.0

    def add(self, bar: RawBar) -> None:
        if self.official_open is None and bar.is_in_session:
            self.official_open = bar.open
        if bar.is_sound:
            self.volume += bar.volume
            self.notional += bar.volume * mean_price(bar)


class AggregateEvents:
    """Makes AM events, with the accumulations since the start of the New York day."""

    def __init__(self) -> None:
        self._days: dict[str, _DaySoFar] = {}

    def event(self, bar: RawBar) -> dict[str, Any]:
        day = new_york_date(instant(bar.start_ms))
        so_far = self._days.get(bar.symbol)
        if so_far is None or day > so_far.day:
            so_far = self._days[bar.symbol] = _DaySoFar(day)
        so_far.add(bar)
        return _aggregate(bar, so_far)


def _aggregate(bar: RawBar, so_far: _DaySoFar) -> dict[str, Any]:
    accumulated = so_far.notional / so_far.volume if so_far.volume else mean_price(bar)
    size = bar.volume / _TRADES_A_MINUTE if isfinite(bar.volume) else bar.volume
    event = {
        "ev": "AM",
        "sym": bar.symbol,
        "v": finite(bar.volume),
        "av": finite(so_far.volume),
        "op": price_number(so_far.official_open or bar.open),
        "vw": price_number(mean_price(bar)),
        "o": price_number(bar.open),
        "c": price_number(bar.close),
        "h": price_number(bar.high),
        "l": price_number(bar.low),
        "a": price_number(round(accumulated, 4)),
        "z": finite(size // 1),
        "s": bar.start_ms,
        "e": bar.start_ms + MINUTE_MS,
    }
    if isfinite(bar.volume) and bar.volume != int(bar.volume):
        event["dv"], event["dav"] = str(bar.volume), str(so_far.volume)
    return event


class Sequences:
    """Increasing numbers per symbol that start over each New York day."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[date, int]] = {}

    def stamped(self, point: PricePoint) -> Print:
        """The point with its number; two apart, for its quote comes before its trade."""
        day = new_york_date(instant(point.at_ms))
        last_day, last = self._last.get(point.symbol, (day, 0))
        sequence = last + 2 if day == last_day else 2
        self._last[point.symbol] = (day, sequence)
        return Print(point, sequence)


def quote_event(entry: Print) -> dict[str, Any]:
    point = entry.point
    return {
        "ev": "Q",
        "sym": point.symbol,
        "bx": _EXCHANGE,
        "bp": float(point.bid),
        "bs": point.quote_size,
        "ax": _EXCHANGE,
        "ap": float(point.ask),
        "as": point.quote_size,
        "t": point.at_ms,
        "q": entry.sequence - 1,
        "z": _TAPE,
    }


def trade_event(entry: Print) -> dict[str, Any] | None:
    """None where the minute has no share to spare for this point."""
    point = entry.point
    if not point.size:
        return None
    return {
        "ev": "T",
        "sym": point.symbol,
        "x": _EXCHANGE,
        "i": str(entry.sequence),
        "z": _TAPE,
        "p": point.price,
        "s": finite(point.size),
        "t": point.at_ms,
        "q": entry.sequence,
    }


def rest_aggregate(bar: RawBar) -> dict[str, Any]:
    return {
        "v": price_number(bar.volume),
        "vw": price_number(mean_price(bar)),
        "o": price_number(bar.open),
        "c": price_number(bar.close),
        "h": price_number(bar.high),
        "l": price_number(bar.low),
        "t": bar.start_ms,
        "n": _TRADES_A_MINUTE,
    }


def rest_trade(entry: Print) -> dict[str, Any]:
    point, at_ns = entry.point, entry.point.at_ms * 1_000_000
    return {
        "exchange": _EXCHANGE,
        "id": str(entry.sequence),
        "participant_timestamp": at_ns,
        "price": point.price,
        "sequence_number": entry.sequence,
        "sip_timestamp": at_ns,
        "size": finite(point.size),
        "tape": _TAPE,
    }


def rest_quote(entry: Print) -> dict[str, Any]:
    point, at_ns = entry.point, entry.point.at_ms * 1_000_000
    return {
        "ask_exchange": _EXCHANGE,
        "ask_price": float(point.ask),
        "ask_size": point.quote_size,
        "bid_exchange": _EXCHANGE,
        "bid_price": float(point.bid),
        "bid_size": point.quote_size,
        "participant_timestamp": at_ns,
        "sequence_number": entry.sequence - 1,
        "sip_timestamp": at_ns,
        "tape": _TAPE,
    }
