"""The door for market data: what is corrupt, unasked for or out of time stops here.

Every raw bar becomes exactly one of four: accepted (the first of its minute), a revision (the same
minute with other values), a duplicate (nothing new), or quarantined with a stable code.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import CalendarRangeError, InvalidValueError
from quantterminal.domain.sessions import session_at
from quantterminal.ports.bar_store import Quarantined
from quantterminal.ports.feed import RawBar

REVISION_WINDOW = timedelta(minutes=15)  # the vendor corrects a bar for this long
_BAND = 2.0  # a price band of the exchange stops a stock long before it doubles within a session
_NUMBERS = ("open", "high", "low", "close", "volume")


class BarCode(StrEnum):
    """Why a bar was refused; stable names, in the order in which they are checked."""

    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    NOT_A_MINUTE = "NOT_A_MINUTE"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    HIGH_BELOW_LOW = "HIGH_BELOW_LOW"
    NEGATIVE_VOLUME = "NEGATIVE_VOLUME"
    OUTSIDE_SESSION = "OUTSIDE_SESSION"
    BAD_BAR = "BAD_BAR"
    TIME_BACKWARDS = "TIME_BACKWARDS"
    PRICE_JUMP = "PRICE_JUMP"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The first bar of its minute: the one that strategies see."""

    bar: Bar


@dataclass(frozen=True, slots=True)
class Revised:
    """A correction of a minute that was accepted before; `bar.revision` is 1 or more."""

    bar: Bar


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same values again."""

    bar: Bar


Verdict = Accepted | Revised | Duplicate | Quarantined


class _RefusedError(Exception):
    def __init__(self, code: BarCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class BarDoor:
    """Remembers per symbol the minutes of the revision window; `symbols` are those subscribed.

    A bar at more than twice or less than half of the last close, be it of an earlier session, is
    not believed before a bar of another minute says the same: a split that was not heard of costs
    its first minute. `unconfirmed` are the symbols whose only bar had no close before it.
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self._recent: dict[str, dict[datetime, Bar]] = {symbol: {} for symbol in symbols}
        self._closes: dict[str, float] = {}
        self._jumped: dict[str, Bar] = {}
        self.unconfirmed: set[str] = set()

    def expect(self, closes: Mapping[str, float]) -> None:
        """The closes of an earlier life or session, for symbols that have not been seen yet."""
        self._closes |= closes

    def judge(self, raw: RawBar, *, now: datetime) -> Verdict:
        """What becomes of a bar that came at market time `now`."""
        try:
            bar = self._checked(raw)
            return self._placed(bar)
        except _RefusedError as refused:
            return _quarantined(raw, refused, now)

    def _checked(self, raw: RawBar) -> Bar:
        symbol = raw.get("symbol")
        if not isinstance(symbol, str) or symbol not in self._recent:
            raise _RefusedError(
                BarCode.UNKNOWN_SYMBOL, f"Expected a subscribed symbol, was {symbol!r:.50}"
            )
        start = _minute(raw.get("start"))
        numbers = {name: _number(raw, name) for name in _NUMBERS}
        if numbers["high"] < numbers["low"]:
            text = f"Expected high >= low, was {numbers['high']} < {numbers['low']}"
            raise _RefusedError(BarCode.HIGH_BELOW_LOW, text)
        if numbers["volume"] < 0:
            text = f"Expected a volume of 0 or more, was {numbers['volume']}"
            raise _RefusedError(BarCode.NEGATIVE_VOLUME, text)
        _check_session(start)
        vwap, trades = _finite(raw.get("vwap")), _finite(raw.get("trades"))
        try:
            return Bar(
                symbol=symbol,
                start=start,
                open=numbers["open"],
                high=numbers["high"],
                low=numbers["low"],
                close=numbers["close"],
                volume=numbers["volume"],
                vwap=vwap,
                trades=None if trades is None else int(trades),
            )
        except InvalidValueError as problem:
            raise _RefusedError(BarCode.BAD_BAR, str(problem)) from problem

    def _placed(self, bar: Bar) -> Accepted | Revised | Duplicate:
        seen = self._recent[bar.symbol]
        last = max(seen, default=None)
        if last is None or bar.start > last:
            before = self._closes.get(bar.symbol) if last is None else seen[last].close
            self._check_level(bar, before)
            self._remember(bar)
            if before is None:
                self.unconfirmed.add(bar.symbol)
            else:
                self.unconfirmed.discard(bar.symbol)
            return Accepted(bar)
        known = seen.get(bar.start)
        if known is None:
            text = f"Expected a bar after {last.isoformat()}, was {bar.start.isoformat()}"
            raise _RefusedError(BarCode.TIME_BACKWARDS, text)
        if _values(known) == _values(bar):
            return Duplicate(known)
        self._check_level(bar, known.close)
        revised = replace(bar, revision=known.revision + 1)
        seen[bar.start] = revised
        return Revised(revised)

    def _check_level(self, bar: Bar, before: float | None) -> None:
        if before is None or _is_near(bar, before):
            self._jumped.pop(bar.symbol, None)
            return
        jumped = self._jumped.get(bar.symbol, bar)
        if bar.start > jumped.start and _is_near(bar, jumped.close):
            del self._jumped[bar.symbol]
            return
        self._jumped[bar.symbol] = max(jumped, bar, key=lambda each: each.start)
        text = f"Expected a price near {before}, was {bar.low} to {bar.high}"
        raise _RefusedError(BarCode.PRICE_JUMP, text)

    def _remember(self, bar: Bar) -> None:
        oldest = bar.start - REVISION_WINDOW
        kept = {start: each for start, each in self._recent[bar.symbol].items() if start >= oldest}
        self._recent[bar.symbol] = {**kept, bar.start: bar}


def _is_near(bar: Bar, close: float) -> bool:
    return close / _BAND <= bar.low and bar.high <= close * _BAND


def _minute(start: object) -> datetime:
    aware = isinstance(start, datetime) and start.tzinfo is not None
    if not isinstance(start, datetime) or not aware or start.second or start.microsecond:
        raise _RefusedError(
            BarCode.NOT_A_MINUTE, f"Expected the aware start of a minute, was {start!r:.80}"
        )
    return start.astimezone(UTC)


def _number(raw: RawBar, name: str) -> float:
    value = raw.get(name)
    number = _finite(value)
    if number is None:
        raise _RefusedError(
            BarCode.NOT_A_NUMBER, f"Expected a finite number in {name}, was {value!r:.50}"
        )
    return number


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _check_session(start: datetime) -> None:
    try:
        session = session_at(start)
    except CalendarRangeError as problem:
        raise _RefusedError(BarCode.OUTSIDE_SESSION, str(problem)) from problem
    if session is None:
        text = f"Expected a minute of a regular session, was {start.isoformat()}"
        raise _RefusedError(BarCode.OUTSIDE_SESSION, text)


def _values(bar: Bar) -> tuple[float, ...]:
    """What makes two bars of a minute the same: REST and stream differ in vwap and trades only."""
    return (bar.open, bar.high, bar.low, bar.close, bar.volume)


def _quarantined(raw: RawBar, refused: _RefusedError, now: datetime) -> Quarantined:
    text = json.dumps(raw, default=str, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    symbol = str(raw.get("symbol"))[:50]
    return Quarantined(
        key=f"{symbol}:{refused.code}:{digest}",
        symbol=symbol,
        code=refused.code.value,
        detail=str(refused),
        raw=text,
        at=now,
    )
