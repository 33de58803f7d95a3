"""The desk between decoder and store: column tables, checked by the column.

It satisfies `ports.ticks.TickDesk`. Prints of one symbol are numbered by the tape, upwards within a
day; one that is not above its predecessor is doubtful, because it may be a repetition, and is
stored only where it is missing.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from quantterminal.adapters.ingest.lags import Lags
from quantterminal.adapters.ingest.minutes import minute_parts
from quantterminal.adapters.ingest.tables import (
    QUOTE,
    Symbols,
    Table,
    quote_table,
    trade_table,
)
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.money import price_from_float
from quantterminal.domain.trade_conditions import COMPILED, ConditionRules
from quantterminal.ports.ticks import QuoteTick, RefusedTick, Tabled, TickBatch, TradeTick
from quantterminal.ports.watermarks import Quote

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_OLDEST_MS, _NEWEST_MS = 7 * _DAY_MS, _DAY_MS  # around now: else it is no time of ours
_NIGHT_MS = 5 * _HOUR_MS  # in New York nobody trades when the numbers start over
_NUMBERS_A_DAY = 36  # bits; a tape counts to some 10^9
_BAND = 5.0  # times the last price, up or down, is no price
_BELIEVED_AFTER = 10  # outliers in a row are the price
_UNKNOWN = np.iinfo(np.int64).max
_Column = npt.NDArray[Any]


class NumpyTickDesk:
    """`quotes_every_ms` keeps at most the newest quote of a symbol in so many milliseconds (0 keeps
    all); `with_parts` is for feeds whose minute bars are built here.
    """

    def __init__(
        self,
        *,
        rules: ConditionRules = COMPILED,
        quotes_every_ms: int = 0,
        with_parts: bool = True,
    ) -> None:
        self.rules = rules
        self._quotes_every_ms = quotes_every_ms
        self._with_parts = with_parts
        self._symbols = Symbols()
        self._received, self._committed = Lags(), Lags()
        self._room = 0
        self._last = self._first_since_gap = self._last_ms = self._gap_ms = _column(0, np.int64)
        self._price, self._outliers = _column(0, np.float64), _column(0, np.int64)
        self._bucket = _column(0, np.int64)
        self._bid, self._ask = _column(0, np.float64), _column(0, np.float64)
        self._quote_ms, self._is_new = _column(0, np.int64), _column(0, np.bool_)

    def table(
        self,
        trades: Sequence[TradeTick],
        quotes: Sequence[QuoteTick],
        *,
        now: datetime,
        number: int,
    ) -> Tabled:
        now_ms = (now - _EPOCH) / timedelta(milliseconds=1)
        prints, offers = trade_table(trades, self._symbols), quote_table(quotes, self._symbols)
        self._make_room()
        refused: list[RefusedTick] = []
        prints = self._sound(prints, self._print_problems(prints, now_ms), refused)
        offers = self._sound(offers, _offer_problems(offers, now_ms), refused)
        self._received.add(now_ms, prints["at_ms"])
        self._received.add(now_ms, offers["at_ms"])
        parts = minute_parts(prints, self._symbols.names, self.rules) if self._with_parts else ()
        self._remember_offers(offers)
        fresh = self._fresh(prints)
        seen = np.unique(np.r_[prints["symbol"], offers["symbol"]])
        return Tabled(
            batch=self._batch(number, prints[fresh], self._conflated(offers)),
            doubtful=None
            if fresh.all()
            else self._batch(number, prints[~fresh], only_missing=True),
            parts=parts,
            refused=refused,
            seen=frozenset(self._symbols.names[each] for each in seen),
        )

    def table_history(self, trades: Sequence[TradeTick], *, now: datetime, number: int) -> Tabled:
        del now
        prints = trade_table(trades, self._symbols)
        self._make_room()
        refused: list[RefusedTick] = []
        prints = self._sound(prints, _value_problems(prints), refused)
        numbers = _day_numbers(prints)
        before = numbers < self._first_since_gap[prints["symbol"]]
        prints, numbers = prints[before], numbers[before]
        np.maximum.at(self._last, prints["symbol"], numbers)
        return Tabled(batch=self._batch(number, prints, only_missing=True), refused=refused)

    def mark_gap(self) -> None:
        self._first_since_gap[:] = _UNKNOWN
        self._gap_ms[:] = self._last_ms

    def take_quotes(self) -> Mapping[str, Quote]:
        found: dict[str, Quote] = {}
        for each in np.flatnonzero(self._is_new).tolist():
            try:
                bid = price_from_float(self._bid[each].item())
                ask = price_from_float(self._ask[each].item())
            except InvalidValueError:
                continue
            at = _EPOCH + timedelta(milliseconds=int(self._quote_ms[each]))
            found[self._symbols.names[each]] = Quote(bid, ask, at)
        self._is_new[:] = False
        return found

    def last_trade_ms(self, symbol: str) -> int | None:
        place = self._symbols.get(symbol)
        found = 0 if place is None or place >= self._room else int(self._gap_ms[place])
        return found or None

    def committed(self, batch: TickBatch, now: datetime) -> None:
        now_ms = (now - _EPOCH) / timedelta(milliseconds=1)
        self._committed.add(now_ms, batch.trades["at_ms"])
        self._committed.add(now_ms, batch.quotes["at_ms"])

    def take_lags(self) -> Mapping[str, float]:
        received = {f"received_{name}": lag for name, lag in self._received.take().items()}
        return received | {f"committed_{name}": lag for name, lag in self._committed.take().items()}

    def _batch(
        self,
        number: int,
        trades: Table,
        quotes: Table | None = None,
        *,
        only_missing: bool = False,
    ) -> TickBatch:
        offers = np.zeros(0, QUOTE) if quotes is None else quotes
        return TickBatch(number, self._symbols.names, trades, offers, only_missing=only_missing)

    def _make_room(self) -> None:
        if len(self._symbols) <= self._room:
            return
        room = max(64, 2 * len(self._symbols))
        more = room - self._room
        for name in ("_last", "_last_ms", "_gap_ms", "_price", "_outliers", "_bucket"):
            self._extend(name, more, 0)
        for name in ("_bid", "_ask", "_quote_ms", "_is_new"):
            self._extend(name, more, 0)
        self._extend("_first_since_gap", more, _UNKNOWN)
        self._room = room

    def _extend(self, name: str, more: int, value: int) -> None:
        column: _Column = getattr(self, name)
        setattr(self, name, np.r_[column, np.full(more, value, column.dtype)])

    def _print_problems(self, rows: Table, now_ms: float) -> dict[str, _Column]:
        problems = _value_problems(rows) | _time_problems(rows, now_ms)
        known, price = self._price[rows["symbol"]], rows["price"]
        far = (known > 0) & ((price > _BAND * known) | (price * _BAND < known))
        for code in problems:
            far &= ~problems[code]
        if far.any():
            problems["TICK_OUT_OF_BAND"] = self._not_believed(rows, far)
        sound = ~np.any(list(problems.values()), axis=0) if len(rows) else np.zeros(0, np.bool_)
        self._price[rows["symbol"][sound]] = price[sound]
        near = rows["symbol"][sound & ~far]
        self._outliers[near] = 0
        self._last_ms[rows["symbol"][sound]] = rows["at_ms"][sound]
        return problems

    def _not_believed(self, rows: Table, far: _Column) -> _Column:
        """An outlier is refused until it is the tenth in a row: then it is the price."""
        refused = far.copy()
        for place in np.flatnonzero(far):
            symbol = rows["symbol"][place]
            self._outliers[symbol] += 1
            if self._outliers[symbol] >= _BELIEVED_AFTER:
                refused[place] = False
        return refused

    def _sound(
        self, rows: Table, problems: Mapping[str, _Column], refused: list[RefusedTick]
    ) -> Table:
        bad = np.zeros(len(rows), np.bool_)
        for code, where in problems.items():
            for place in np.flatnonzero(where & ~bad):
                row = {name: rows[name][place].item() for name in rows.dtype.names or ()}
                symbol = self._symbols.names[row.pop("symbol")]
                refused.append(RefusedTick(symbol, code, json.dumps({"symbol": symbol} | row)))
            bad |= where
        sound: Table = rows[~bad] if bad.any() else rows
        return sound

    def _fresh(self, rows: Table) -> _Column:
        """Whether each print is numbered above all that came before it of its symbol."""
        numbers, symbols = _day_numbers(rows), rows["symbol"]
        unnumbered = rows["sequence"] <= 0
        order = np.argsort(symbols, kind="stable")
        sorted_symbols = symbols[order]
        ranked = (sorted_symbols.astype(np.int64) << 48) + np.minimum(numbers[order], 2**48 - 1)
        highest = np.maximum.accumulate(ranked) if len(ranked) else ranked
        before = np.r_[np.int64(-1), highest[:-1]]
        rises = np.empty(len(rows), np.bool_)
        rises[order] = ranked > before
        fresh: _Column = (rises & (numbers > self._last[symbols])) | unnumbered
        np.minimum.at(self._first_since_gap, symbols, numbers)
        np.maximum.at(self._last, symbols, numbers)
        return fresh

    def _remember_offers(self, rows: Table) -> None:
        two_sided = (rows["bid"] > 0) & (rows["ask"] >= rows["bid"])
        rows = rows[two_sided]
        places = rows["symbol"]  # of a place that comes twice, the last value stays
        self._bid[places], self._ask[places] = rows["bid"], rows["ask"]
        self._quote_ms[places], self._is_new[places] = rows["at_ms"], True

    def _conflated(self, rows: Table) -> Table:
        if not self._quotes_every_ms or not len(rows):
            return rows
        buckets = rows["at_ms"] // self._quotes_every_ms
        keys = (rows["symbol"].astype(np.int64) << 40) + buckets
        _, newest = np.unique(keys[::-1], return_index=True)
        kept = np.sort(len(rows) - 1 - newest)
        kept = kept[buckets[kept] > self._bucket[rows["symbol"][kept]]]
        np.maximum.at(self._bucket, rows["symbol"], buckets)
        newest_rows: Table = rows[kept]
        return newest_rows


def _column(size: int, kind: Any) -> _Column:
    return np.zeros(size, kind)


def _day_numbers(rows: Table) -> npt.NDArray[np.int64]:
    """The tape's numbers made to grow across days."""
    days = (rows["at_ms"] - _NIGHT_MS) // _DAY_MS % 2**11
    numbers: npt.NDArray[np.int64] = (days << _NUMBERS_A_DAY) + rows["sequence"]
    return numbers


def _value_problems(rows: Table) -> dict[str, _Column]:
    price, size = rows["price"], rows["size"]
    return {
        "TICK_BAD_PRICE": ~(np.isfinite(price) & (price > 0)),
        "TICK_BAD_SIZE": ~(np.isfinite(size) & (size >= 0)),
    }


def _time_problems(rows: Table, now_ms: float) -> dict[str, _Column]:
    at_ms = rows["at_ms"]
    return {"TICK_BAD_TIME": (at_ms < now_ms - _OLDEST_MS) | (at_ms > now_ms + _NEWEST_MS)}


def _offer_problems(rows: Table, now_ms: float) -> dict[str, _Column]:
    bid, ask = rows["bid"], rows["ask"]
    bad = ~(np.isfinite(bid) & np.isfinite(ask)) | (bid < 0) | (ask < 0)
    return {"TICK_BAD_PRICE": bad} | _time_problems(rows, now_ms)
