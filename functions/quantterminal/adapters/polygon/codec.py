"""Polygon's frames in our words.

Frames that came together are decoded in one go, fast and typed. Where that refuses (one unknown
event or one odd value refuses everything) each frame is tried alone, and a frame that refuses is
read event by event and with mercy. Values are handed on as they came; the door and the desk judge
them. Facts: whole numbers may arrive as `12.0`, so every number is read as one that may have a
fraction; `ds` and `dv` are the exact size and volume as strings; `t` of T, Q, A, AM and FMV is
milliseconds since the epoch, that of LULD and NOI nanoseconds (older ones microseconds) and their
ticker's key is `T`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec

from quantterminal.ports.feed import RawBar
from quantterminal.ports.streams import BarSeen, FrameUnreadable, SessionReport
from quantterminal.ports.ticks import TicksSeen

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_REPORT = 200
_LONGEST_RAW = 4_096
_NS_FROM, _US_FROM = 10**17, 10**14  # above these a time since the epoch is in ns, in us
if TYPE_CHECKING:
    Number = float
else:
    Number = int | float


@dataclass(frozen=True, slots=True)
class Status:
    """A control message: `auth_success`, `success`, `max_connections`, `error` and others."""

    status: str
    message: str


Decoded = BarSeen | TicksSeen | Status | FrameUnreadable | SessionReport


class Minute(msgspec.Struct, tag_field="ev", tag="AM", gc=False):
    sym: str
    s: float | None = None
    o: float | None = None
    h: float | None = None
    l: float | None = None  # noqa: E741 - the vendor's name
    c: float | None = None
    v: float | None = None
    vw: float | None = None
    dv: str | None = None


class Second(msgspec.Struct, tag_field="ev", tag="A", gc=False):
    """Known and not used: minutes are what is traded on."""


# The fields in the order in which the vendor sends them: a key that is where it is expected costs
# one comparison. What is sent as a whole number stays one, which is quicker than a fraction.
class Trade(
    msgspec.Struct,
    tag_field="ev",
    tag="T",
    gc=False,
    kw_only=True,
    rename={
        "symbol": "sym",
        "exchange": "x",
        "tape": "z",
        "price": "p",
        "size": "s",
        "decimal_size": "ds",
        "conditions": "c",
        "at_ms": "t",
        "sequence": "q",
        "trf": "trfi",
    },
):
    symbol: str
    exchange: Number = 0
    tape: Number = 0
    price: float
    size: Number = 0
    decimal_size: str | None = None
    conditions: tuple[Number, ...] = ()
    at_ms: Number
    sequence: Number = 0
    trf: Number = 0
    correction: float = 0


class Quote(
    msgspec.Struct,
    tag_field="ev",
    tag="Q",
    gc=False,
    kw_only=True,
    rename={
        "symbol": "sym",
        "bid_exchange": "bx",
        "bid": "bp",
        "bid_size": "bs",
        "ask_exchange": "ax",
        "ask": "ap",
        "ask_size": "as",
        "at_ms": "t",
        "sequence": "q",
        "tape": "z",
    },
):
    symbol: str
    bid_exchange: Number = 0
    bid: float = 0
    bid_size: Number = 0
    ask_exchange: Number = 0
    ask: float = 0
    ask_size: Number = 0
    at_ms: Number
    sequence: Number = 0
    tape: Number = 0


class Band(msgspec.Struct, tag_field="ev", tag="LULD", gc=False):
    """Limit up, limit down: the band, and by its indicators whether the symbol is halted."""

    T: str
    h: float | None = None
    l: float | None = None  # noqa: E741 - the vendor's name
    t: float | None = None
    i: tuple[float, ...] = ()


class Imbalance(msgspec.Struct, tag_field="ev", tag="NOI", gc=False):
    T: str
    t: float | None = None


class FairValue(msgspec.Struct, tag_field="ev", tag="FMV", gc=False):
    sym: str
    fmv: float | None = None
    t: float | None = None


class Control(msgspec.Struct, tag_field="ev", tag="status", gc=False):
    status: str = ""
    message: str = ""


Event = Minute | Second | Trade | Quote | Band | Imbalance | FairValue | Control
_SHAPES: dict[str, type[Any]] = {
    "A": Second,
    "T": Trade,
    "Q": Quote,
    "LULD": Band,
    "NOI": Imbalance,
    "FMV": FairValue,
    "status": Control,
}
_events = msgspec.json.Decoder(list[Event])


def decode(frame: str | bytes) -> list[Decoded]:
    """Everything a frame says; what makes no sense becomes a report, and is kept as it came."""
    return decode_all([frame])


def decode_all(frames: Sequence[str | bytes]) -> list[Decoded]:
    """Everything that some frames say, in their order, but for trades and quotes: those of all the
    frames stand together in one `TicksSeen` in the place of the first.
    """
    said = _Said()
    try:
        said.add(_events.decode(frames[0] if len(frames) == 1 else _joined(frames)))
    except (msgspec.MsgspecError, UnicodeError, TypeError):
        said = _Said()
        for frame in frames:
            _add_frame(said, frame)
    return said.all()


class _Said:
    def __init__(self) -> None:
        self._others: list[Decoded] = []
        self.trades: list[Trade] = []
        self.quotes: list[Quote] = []

    def add(self, events: Iterable[Event]) -> None:
        take_trade, take_quote = self.trades.append, self.quotes.append
        for event in events:
            kind = type(event)
            if kind is Quote:
                take_quote(event)  # type: ignore[arg-type]  # just looked
            elif kind is Trade:
                if event.decimal_size is not None:  # type: ignore[union-attr]  # just looked
                    event.size = _exact(event.size, event.decimal_size)  # type: ignore[union-attr]  # as above
                take_trade(event)  # type: ignore[arg-type]  # as above
            else:
                self.say(_translate(event))

    def say(self, decoded: Decoded | None) -> None:
        if decoded is not None:
            self._others.append(decoded)

    def all(self) -> list[Decoded]:
        if not self.trades and not self.quotes:
            return self._others
        return [TicksSeen(self.trades, self.quotes), *self._others]


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


class _RestTrade(msgspec.Struct, gc=False):
    sip_timestamp: float
    price: float
    size: float = 0.0
    decimal_size: str | None = None
    sequence_number: float = 0.0
    conditions: tuple[float, ...] | None = None
    exchange: float = 0.0
    tape: float = 0.0
    trf_id: float = 0.0
    correction: float = 0.0


def rest_trade(symbol: str, row: Mapping[str, Any]) -> Trade | None:
    """One row of `/v3/trades`, None when it cannot be read; its time is cut to milliseconds, as the
    stream has it.
    """
    try:
        found = msgspec.convert(row, _RestTrade, strict=False)
        at_ms = int(row["sip_timestamp"]) // 1_000_000  # exact: as a float it is not
    except (msgspec.MsgspecError, ValueError, OverflowError, TypeError):
        return None
    return Trade(
        symbol=symbol,
        at_ms=at_ms,
        price=found.price,
        size=_exact(found.size, found.decimal_size),
        sequence=found.sequence_number,
        conditions=found.conditions or (),
        exchange=found.exchange,
        tape=found.tape,
        trf=found.trf_id,
        correction=found.correction,
    )


def instant(since_epoch: object) -> datetime | None:
    """Milliseconds since the epoch as aware UTC, or micro- or nanoseconds where the number is too
    large for milliseconds; None when that is no instant.
    """
    if isinstance(since_epoch, bool) or not isinstance(since_epoch, int | float):
        return None
    milliseconds: float = since_epoch
    if since_epoch >= _NS_FROM:
        milliseconds = since_epoch / 1_000_000
    elif since_epoch >= _US_FROM:
        milliseconds = since_epoch / 1_000
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None


def _translate(event: Event) -> Decoded | None:
    if isinstance(event, Minute):
        return BarSeen(_minute_bar(event))
    if isinstance(event, Control):
        return Status(event.status, event.message)
    if isinstance(event, Band):
        at = instant(event.t)
        halted = ",".join(str(int(each)) for each in event.i)
        return SessionReport(
            "feed_price_band",
            {"symbol": event.T, "at": str(at), "low": f"{event.l}", "high": f"{event.h}"}
            | {"indicators": halted},
        )
    if isinstance(event, Imbalance):
        return SessionReport("feed_imbalance", {"symbol": event.T, "at": str(instant(event.t))})
    return None


def _minute_bar(event: Minute) -> RawBar:
    volume = event.v
    return {
        "symbol": event.sym,
        "start": instant(event.s),
        "open": event.o,
        "high": event.h,
        "low": event.l,
        "close": event.c,
        "volume": volume if volume is None else _exact(volume, event.dv),
        "vwap": event.vw,
        "trades": None,
    }


def _exact(number: float, decimal: str | None) -> float:
    """The decimal string where there is a readable one: fractional shares are cut off elsewhere."""
    if not decimal:
        return number
    try:
        exact = float(decimal)
    except ValueError:
        return number
    return exact if isfinite(exact) else number


def _joined(frames: Sequence[str | bytes]) -> bytes:
    """One array of what stands in some arrays; what is none makes this one unreadable, too.

    Raises TypeError where a frame is text.
    """
    inner = [frame[1:-1] for frame in frames]
    return b"[%b]" % b",".join(inner)  # type: ignore[arg-type]  # bytes, nearly always


def _add_frame(said: _Said, frame: str | bytes) -> None:
    try:
        said.add(_events.decode(frame))
    except (msgspec.MsgspecError, UnicodeError):
        _add_with_mercy(said, frame)


def _add_with_mercy(said: _Said, frame: str | bytes) -> None:
    try:
        parsed = json.loads(frame)
    except (ValueError, RecursionError) as problem:
        said.say(_unreadable(frame, problem))
        return
    for item in parsed if isinstance(parsed, list) else [parsed]:
        event = _with_mercy(item)
        if isinstance(event, Trade | Quote):
            said.add([event])
        else:
            said.say(event)


def _with_mercy(item: object) -> Trade | Quote | Decoded | None:
    if not isinstance(item, dict):
        return _odd("event", item, item)
    kind = str(item.get("ev"))
    if kind == "AM":
        return BarSeen(_merciful_bar(item))
    shape = _SHAPES.get(kind)
    if shape is None:
        return SessionReport("feed_event_unknown", {"ev": _short(kind)})
    try:
        event = msgspec.convert(item, shape, strict=False)
    except msgspec.MsgspecError as problem:
        return _odd(kind, problem, item)
    return event if isinstance(event, Trade | Quote) else _translate(event)


def _merciful_bar(item: Mapping[str, Any]) -> RawBar:
    bar = rest_bar("", item)
    symbol = item.get("sym")
    exact = item.get("dv")
    volume = item.get("v")
    if _is_number(volume) and isinstance(exact, str):
        volume = _exact(volume, exact)  # type: ignore[arg-type]  # it is a number
    return {
        **bar,
        "symbol": symbol if isinstance(symbol, str) else _short(symbol),
        "start": instant(item.get("s")),
        "volume": volume,
        "trades": None,
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _unreadable(frame: str | bytes, problem: object) -> FrameUnreadable:
    raw = frame if isinstance(frame, str) else frame.decode(errors="replace")
    return FrameUnreadable(raw[:_LONGEST_RAW], _short(problem))


def _odd(kind: str, found: object, item: object) -> FrameUnreadable:
    return FrameUnreadable(str(item)[:_LONGEST_RAW], f"{_short(kind)}: {_short(found)}")


def _short(found: object) -> str:
    return str(found)[:_LONGEST_REPORT]


def rows_of(results: object) -> Iterator[Mapping[str, Any]]:
    """The rows of a REST answer; `results` may be absent when there are none."""
    if isinstance(results, list):
        yield from (row for row in results if isinstance(row, dict))
