"""Ticks by binary COPY, built from columns: no Python object a row, and each batch once.

The number of the last stored batch moves in the transaction that stores the batch. So a batch whose
commit nobody knows of can be offered again, and one that was stored changes nothing.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from quantterminal.adapters.postgres.database import Connection, Database, Row
from quantterminal.adapters.postgres.tick_days import make_tick_days
from quantterminal.adapters.postgres.trade_merge import INCOMING, MERGE
from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import PermanentError
from quantterminal.ports.ticks import QUOTE_FIELDS, TRADE_FIELDS, RefusedTick, Rows, TickBatch

_DAY_MS = 86_400_000
_POSTGRES_EPOCH_US = 946_684_800_000_000  # PostgreSQL counts from the year 2000
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_MOST_REFUSED = 100  # of a batch: a feed gone mad must not fill the store with its madness

_MOVE_LANE = (
    "with moved as (insert into tick_lanes (lane, number, fence) values (%(lane)s, %(number)s,"
    " %(fence)s) on conflict (lane) do update set number = excluded.number, fence = excluded.fence"
    " where tick_lanes.number < excluded.number and tick_lanes.fence <= excluded.fence returning 1)"
    " select count(*) as moved, set_config('synchronous_commit', 'off', true) from moved"
)
_FENCE = "select fence from tick_lanes where lane = %s"
_LAST_MS = (
    "select (extract(epoch from max(at)) * 1000)::bigint as at_ms from trades"
    " where symbol_id = (select id from symbols where symbol = %s)"
)
_REFUSE = (
    "insert into quarantine (key, symbol, code, detail, raw, at) values (%s, %s, %s, %s, %s, %s)"
    " on conflict do nothing"
)
_LAST_TRADES = (
    "select at, sequence, price, size, conditions, exchange from trades"
    " where symbol_id = (select id from symbols where symbol = %s)"
    " order by at desc, sequence desc limit %s"
)
_LAST_QUOTES = (
    "select at, sequence, bid, ask, bid_size, ask_size from quotes"
    " where symbol_id = (select id from symbols where symbol = %s)"
    " order by at desc, sequence desc limit %s"
)
_BARS = (
    "select distinct on (start) symbol, start, revision, open, high, low, close, volume, vwap,"
    " trades from bars where symbol = %s and start >= %s and start < %s"
    " order by start, revision desc"
)


class PostgresTickStore:
    """Implements `ports.ticks.TickStore`; one writer a `lane`."""

    def __init__(self, database: Database, lane: str) -> None:
        self._database = database
        self._lane = lane
        self._ids: dict[str, int] = {}
        self._made: set[date] = set()
        self._fence = 0

    def fence(self, token: int) -> None:
        self._fence = token

    def last_trade_ms(self, symbol: str) -> int | None:
        with self._database.transaction() as connection:
            row = connection.execute(_LAST_MS, (symbol,), prepare=True).fetchone()
        return None if row is None else row["at_ms"]

    def store(self, batch: TickBatch) -> int:
        if not len(batch):
            return 0
        ids = self._symbol_ids(batch.symbols)
        self._make_days(batch)
        if batch.only_missing:
            return self._merge(batch, ids)
        return self._append(batch, ids)

    def refuse(self, refused: Sequence[RefusedTick], *, at: datetime) -> None:
        if not refused:
            return
        rows = [
            (_key(each), each.symbol, each.code, "Expected a tick, was the row", each.raw, at)
            for each in refused[:_MOST_REFUSED]
        ]
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(_REFUSE, rows)

    def _append(self, batch: TickBatch, ids: npt.NDArray[np.int32]) -> int:
        with self._database.transaction() as connection:
            lane = {"lane": self._lane, "number": batch.number, "fence": self._fence}
            row = connection.execute(_MOVE_LANE, lane).fetchone()
            if row is None or not row["moved"]:
                self._check_fence(connection)
                return 0
            _copy(connection, "trades", _TRADE_COLUMNS, _trade_bytes(batch.trades, ids))
            _copy(connection, "quotes", _QUOTE_COLUMNS, _quote_bytes(batch.quotes, ids))
        return len(batch)

    def _check_fence(self, connection: Connection) -> None:
        row = connection.execute(_FENCE, (self._lane,)).fetchone()
        if row is not None and row["fence"] > self._fence:
            raise PermanentError(
                f"Expected to hold the feed's lease, was {self._fence} and {row['fence']} writes"
            )

    def _merge(self, batch: TickBatch, ids: npt.NDArray[np.int32]) -> int:
        with self._database.transaction() as connection:
            connection.execute(INCOMING)
            _copy(connection, "incoming_trades", _TRADE_COLUMNS, _trade_bytes(batch.trades, ids))
            return connection.execute(MERGE).rowcount

    def _symbol_ids(self, symbols: Sequence[str]) -> npt.NDArray[np.int32]:
        """The id of each place of `symbols`; new ones are given one."""
        unknown = [symbol for symbol in symbols if symbol not in self._ids]
        if unknown:
            with self._database.transaction() as connection:
                connection.execute(
                    "insert into symbols (symbol) select unnest(%s::text[]) on conflict do nothing",
                    (unknown,),
                )
                found = connection.execute(
                    "select symbol, id from symbols where symbol = any(%s)", (unknown,)
                ).fetchall()
            self._ids |= {row["symbol"]: row["id"] for row in found}
        return np.array([self._ids[symbol] for symbol in symbols], np.int32)

    def _make_days(self, batch: TickBatch) -> None:
        for rows in (batch.trades, batch.quotes):
            if not len(rows):
                continue
            first, last = (int(each) // _DAY_MS for each in _bounds(rows))
            for number in range(first, last + 1):
                day = date(1970, 1, 1) + timedelta(days=number)
                if day not in self._made:
                    make_tick_days(self._database, day, days=1)
                    self._made.add(day)


class PostgresTapeReader:
    """What is asked of the stored tape; every query is prepared at its first use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_trades(self, symbol: str, *, count: int = 1000) -> list[dict[str, Any]]:
        """The newest prints of a symbol, newest first."""
        with self._database.transaction() as connection:
            return _asked(connection, _LAST_TRADES, symbol, count)

    def last_quotes(self, symbol: str, *, count: int = 1000) -> list[dict[str, Any]]:
        """The newest quotes of a symbol, newest first."""
        with self._database.transaction() as connection:
            return _asked(connection, _LAST_QUOTES, symbol, count)

    def bars(self, symbol: str, *, start: datetime, end: datetime) -> list[Bar]:
        """The newest revision of each minute, start <= minute < end, oldest first; unadjusted."""
        with self._database.transaction() as connection:
            found = connection.execute(_BARS, (symbol, start, end), prepare=True).fetchall()
        return [Bar(**row | {"start": row["start"].astimezone(UTC)}) for row in found]


def _asked(connection: Connection, query: str, *values: object) -> list[Row]:
    """In the server's own form, which need not be read digit by digit."""
    return connection.execute(query.encode(), values, prepare=True, binary=True).fetchall()


def _bounds(rows: Rows) -> tuple[int, int]:
    at_ms = rows["at_ms"]
    return at_ms.min(), at_ms.max()


def _key(refused: RefusedTick) -> str:
    digest = hashlib.sha256(refused.raw.encode()).hexdigest()[:16]
    return f"{refused.symbol}:{refused.code}:{digest}"


# column of the table -> field of the rows
_TRADE_NAMES = {"at": "at_ms", "symbol_id": "symbol"}
_WIDTHS = {"i8": ">i8", "f8": ">f8", "i4": ">i4", "i2": ">i2"}


def _wire_type(fields: Sequence[tuple[str, str]]) -> np.dtype[Any]:
    """A row of COPY BINARY: the number of fields, then length and big-endian value of each."""
    parts = [("fields", ">i2")]
    for name, kind in fields:
        parts += [(f"{name}_length", ">i4"), (name, _WIDTHS[kind])]
    return np.dtype(parts)


def _columns(fields: Sequence[tuple[str, str]]) -> str:
    table = {field: column for column, field in _TRADE_NAMES.items()}
    return ", ".join(table.get(name, name) for name, _ in fields)


_TRADE_WIRE, _QUOTE_WIRE = _wire_type(TRADE_FIELDS), _wire_type(QUOTE_FIELDS)
_TRADE_COLUMNS, _QUOTE_COLUMNS = _columns(TRADE_FIELDS), _columns(QUOTE_FIELDS)


def _wire_bytes(
    rows: Rows,
    ids: npt.NDArray[np.int32],
    fields: Sequence[tuple[str, str]],
    wire: np.dtype[Any],
) -> bytes:
    if not len(rows):
        return b""
    # those of one symbol together: they share pages of the index, and of the table when read again
    rows = rows[np.argsort(rows["symbol"], kind="stable")]
    table = np.empty(len(rows), wire)
    table["fields"] = len(fields)
    for name, kind in fields:
        table[f"{name}_length"] = int(kind[1])
        table[name] = rows[name]
    table["at_ms"] = rows["at_ms"] * 1000 - _POSTGRES_EPOCH_US
    table["symbol"] = ids[rows["symbol"]]
    return table.tobytes()


def _trade_bytes(rows: Rows, ids: npt.NDArray[np.int32]) -> bytes:
    return _wire_bytes(rows, ids, TRADE_FIELDS, _TRADE_WIRE)


def _quote_bytes(rows: Rows, ids: npt.NDArray[np.int32]) -> bytes:
    return _wire_bytes(rows, ids, QUOTE_FIELDS, _QUOTE_WIRE)


def _copy(connection: Connection, table: str, columns: str, content: bytes) -> None:
    if not content:
        return
    statement = f"copy {table} ({columns}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(_HEADER + content + _TRAILER)
