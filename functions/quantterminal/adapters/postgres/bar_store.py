"""Accepted bars and refused ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from quantterminal.adapters.postgres.database import Database
from quantterminal.domain.bars import Bar
from quantterminal.ports.bar_store import Quarantined

_INSERT_BAR = (
    "insert into bars (symbol, start, revision, open, high, low, close, volume, vwap, trades,"
    " source) values (%(symbol)s, %(start)s, %(revision)s, %(open)s, %(high)s, %(low)s, %(close)s,"
    " %(volume)s, %(vwap)s, %(trades)s, %(source)s) on conflict do nothing"
)
_INSERT_REFUSED = (
    "insert into quarantine (key, symbol, code, detail, raw, at) values (%(key)s, %(symbol)s,"
    " %(code)s, %(detail)s, %(raw)s, %(at)s) on conflict do nothing"
)
_LAST_CLOSES = (
    "select asked.symbol, newest.close from unnest(%s::text[]) asked (symbol) cross join lateral ("
    "select close from bars where bars.symbol = asked.symbol and start >= %s"
    " order by start desc, revision desc limit 1) newest"
)
_FIRST_BARS = (
    "select distinct on (start) symbol, start, open, high, low, close, volume, vwap, trades,"
    " revision from bars where symbol = %s and start >= %s and start < %s order by start, revision"
)
_SLICE = timedelta(days=31)


class PostgresBarStore:
    """Implements `ports.bar_store.BarStore`, `LastCloses` and `StoredBars`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, bars: Sequence[Bar], *, source: str) -> None:
        if not bars:
            return
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(_INSERT_BAR, [asdict(bar) | {"source": source} for bar in bars])

    def quarantine(self, refused: Sequence[Quarantined]) -> None:
        if not refused:
            return
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(_INSERT_REFUSED, [asdict(each) for each in refused])

    def last_minute(self) -> datetime | None:
        with self._database.transaction() as connection:
            row = connection.execute("select max(start) as last from bars").fetchone()
        return None if row is None else row["last"]

    def minutes(self, symbol: str, *, start: datetime, end: datetime) -> frozenset[datetime]:
        with self._database.transaction() as connection:
            found = connection.execute(
                "select distinct start from bars where symbol = %s and start >= %s and start < %s",
                (symbol, start, end),
            ).fetchall()
        return frozenset(row["start"].astimezone(UTC) for row in found)

    def last_closes(self, symbols: Sequence[str], *, since: datetime) -> Mapping[str, float]:
        with self._database.transaction() as connection:
            found = connection.execute(_LAST_CLOSES, (list(symbols), since)).fetchall()
        return {row["symbol"]: row["close"] for row in found}

    def symbols(self, *, start: datetime, end: datetime) -> Sequence[str]:
        with self._database.transaction() as connection:
            found = connection.execute(
                "select distinct symbol from bars where start >= %s and start < %s order by symbol",
                (start, end),
            ).fetchall()
        return [row["symbol"] for row in found]

    def first_bars(self, symbol: str, *, start: datetime, end: datetime) -> Iterator[Bar]:
        while start < end:
            until = min(start + _SLICE, end)
            with self._database.transaction() as connection:
                found = connection.execute(_FIRST_BARS, (symbol, start, until)).fetchall()
            for row in found:
                yield Bar(**row | {"start": row["start"].astimezone(UTC)})
            start = until
