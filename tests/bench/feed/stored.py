"""The stored tape: the last thousand prints of a symbol, and forgetting a day."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median

import numpy as np
import psycopg

from quantterminal.adapters.ingest.tables import QUOTE, TRADE
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.tick_days import drop_tick_days
from quantterminal.adapters.postgres.tick_store import PostgresTapeReader, PostgresTickStore
from quantterminal.ports.ticks import TickBatch
from tests.bench.feed.tape import SYMBOLS

DAY = date(2024, 3, 4)
_DAY_MS = 86_400_000
_BATCH = 5_000  # as many as come together when much comes
_ASKED = 60


def fill(database: str, rows: int, *, day: date = DAY) -> None:
    """So many prints of 500 symbols over a day, in the order of their time."""
    store = PostgresTickStore(Database(lambda: database), "bench")
    start_ms = int(datetime.combine(day, datetime.min.time(), UTC).timestamp() * 1000)
    generator = np.random.default_rng(7)
    for number, first in enumerate(range(0, rows, _BATCH), start=1):
        size = min(_BATCH, rows - first)
        table = np.zeros(size, TRADE)
        places = np.arange(first, first + size)
        table["at_ms"] = start_ms + places * (_DAY_MS - 1) // rows
        table["sequence"] = places
        table["price"], table["size"] = 100.0, 100.0
        table["symbol"] = generator.integers(0, len(SYMBOLS), size)
        at = number + day.toordinal() * 1_000
        store.store(TickBatch(at, SYMBOLS, table, np.zeros(0, QUOTE)))


def last_thousand_ms(database: str) -> float:
    """The middle of some askings, each for another symbol."""
    reader = PostgresTapeReader(Database(lambda: database))
    return _asked_ms(lambda symbol: len(reader.last_trades(symbol)))


def last_thousand_by_block_ranges_ms(database: str) -> float:
    """The same of a table that has a BRIN index on time and nothing else."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table if not exists plain_trades (like trades)")
        connection.execute("insert into plain_trades select * from trades")
        connection.execute("create index on plain_trades using brin (at)")
        connection.execute("analyze plain_trades")
        query = (
            "select * from plain_trades where symbol_id ="
            " (select id from symbols where symbol = %s) order by at desc limit 1000"
        )
        return _asked_ms(
            lambda symbol: len(connection.execute(query.encode(), (symbol,)).fetchall()), times=5
        )


def forgetting_s(database: str, rows: int) -> tuple[float, float]:
    """Seconds to drop a day, and to delete and vacuum one of the same size."""
    dropped = DAY + timedelta(days=10)
    fill(database, rows, day=dropped)
    with psycopg.connect(database, autocommit=True) as connection:
        table = psycopg.sql.Identifier(f"trades_{dropped:%Y%m%d}")
        copying = psycopg.sql.SQL("create table doomed as select * from {}").format(table)
        connection.execute(copying)
        connection.execute("create index on doomed (symbol_id, at)")
        connection.execute(psycopg.sql.SQL("vacuum analyze {}, doomed").format(table))
        os.sync()  # an old day is at rest
        began = time.perf_counter()
        connection.execute("delete from doomed")
        connection.execute("vacuum doomed")
        deleting = time.perf_counter() - began
    starts = datetime.combine(dropped, datetime.min.time(), UTC)
    store = Database(lambda: database)
    drop_tick_days(store, starts)  # the earlier ones, whose size is another
    os.sync()
    began = time.perf_counter()
    drop_tick_days(store, starts + timedelta(days=1))
    return time.perf_counter() - began, deleting


def _asked_ms(ask: Callable[[str], int], *, times: int = _ASKED) -> float:
    return median(_times(ask, times))


def _times(ask: Callable[[str], int], times: int) -> Iterator[float]:
    ask(SYMBOLS[0])
    for number in range(times):
        began = time.perf_counter()
        found = ask(SYMBOLS[number * 7 % len(SYMBOLS)])
        assert found == 1000
        yield (time.perf_counter() - began) * 1000
