"""The stored tape in a real PostgreSQL: once each, by the day, and found again quickly."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.memory.tape import MemoryGapLog
from quantterminal.adapters.parquet.tape import export_day
from quantterminal.adapters.postgres.bar_store import PostgresBarStore
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.gap_log import PostgresGapLog
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.adapters.postgres.tick_days import drop_tick_days, make_tick_days
from quantterminal.adapters.postgres.tick_store import (
    PostgresTapeReader,
    PostgresTickStore,
)
from quantterminal.adapters.postgres.trade_merge import PostgresMissingTrades
from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.trade_conditions import mask_of
from quantterminal.ports.lease import OpenGap
from quantterminal.ports.ticks import RefusedTick, TickBatch
from tests.unit.quantterminal.adapters.ingest.ticks import NOW, NOW_MS, quote, trade

DAY_MS = 86_400_000


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    migrate(database)
    made = Database(lambda: database)
    yield made
    made.close()


def batch(number: int, *sequences: int, symbol: str = "AAA", late_ms: int = 0) -> TickBatch:
    trades = [trade(each, symbol, at_ms=NOW_MS + late_ms + each) for each in sequences]
    quotes = [quote(each, symbol, late_ms=each) for each in sequences]
    return NumpyTickDesk().table(trades, quotes, now=NOW, number=number).batch


def missing(*sequences: int) -> TickBatch:
    found = batch(0, *sequences)
    return TickBatch(0, found.symbols, found.trades, found.quotes[:0], only_missing=True)


def count(database: str, table: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            psycopg.sql.SQL("select count(*) from {}").format(psycopg.sql.Identifier(table))
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_rows_are_found_as_they_came(store: Database) -> None:
    PostgresTickStore(store, "live").store(batch(1, 1, 2))

    reader = PostgresTapeReader(store)
    newest, older = reader.last_trades("AAA")

    assert (newest["sequence"], older["sequence"]) == (2, 1)
    assert newest["at"] == NOW + timedelta(milliseconds=2)
    assert (newest["price"], newest["size"], newest["exchange"]) == (10.0, 100.0, 4)
    assert [each["bid"] for each in reader.last_quotes("AAA")] == [9.99, 9.99]
    assert reader.last_trades("ZZZ") == []
    assert len(reader.last_trades("AAA", count=1)) == 1


def test_f40_a_batch_that_is_offered_again_changes_nothing(store: Database, database: str) -> None:
    ticks = PostgresTickStore(store, "live")

    stored = [ticks.store(batch(number, 1, 2)) for number in (7, 7, 6)]

    assert stored == [4, 0, 0]
    assert count(database, "trades") == 2


def test_what_is_missing_is_stored_once(store: Database, database: str) -> None:
    ticks = PostgresTickStore(store, "live")
    ticks.store(batch(1, 1, 3))

    assert [ticks.store(missing(1, 2, 2, 3, 4)) for _ in range(2)] == [2, 0]
    assert count(database, "trades") == 4


def test_lanes_do_not_know_each_other(store: Database, database: str) -> None:
    for lane in ("one", "two"):
        assert PostgresTickStore(store, lane).store(batch(5, 1)) == 2
    assert count(database, "trades") == 2


def test_f26_a_batch_under_an_older_token_is_refused(store: Database) -> None:
    older, newer = PostgresTickStore(store, "live"), PostgresTickStore(store, "live")
    older.fence(1)
    newer.fence(2)
    older.store(batch(1, 1))
    newer.store(batch(2, 2))

    with pytest.raises(PermanentError, match="lease"):
        older.store(batch(3, 3))
    assert newer.store(batch(2, 2)) == 0


def test_the_newest_print_is_known_after_a_restart(store: Database) -> None:
    ticks = PostgresTickStore(store, "live")
    assert ticks.last_trade_ms("AAA") is None

    ticks.store(batch(1, 1, 2))

    assert PostgresTickStore(store, "live").last_trade_ms("AAA") == NOW_MS + 2


def test_refused_rows_are_recorded_once(store: Database, database: str) -> None:
    ticks = PostgresTickStore(store, "live")
    for _ in range(2):
        ticks.refuse([RefusedTick("AAA", "TICK_BAD_PRICE", '{"price": 0}')], at=NOW)

    assert count(database, "quarantine") == 1


def test_days_are_made_ahead_once_and_forgotten_whole(store: Database, database: str) -> None:
    ticks = PostgresTickStore(store, "live")
    for number, late_ms in enumerate((0, -DAY_MS, -3 * DAY_MS), start=1):
        ticks.store(batch(number, 1, late_ms=late_ms))

    assert make_tick_days(store, date(2024, 3, 4), days=3) == 4
    assert make_tick_days(store, date(2024, 3, 4), days=3) == 0
    assert drop_tick_days(store, datetime(2024, 3, 3, 23, tzinfo=UTC)) == 2
    assert count(database, "trades") == 2
    assert drop_tick_days(store, datetime(2024, 3, 4, tzinfo=UTC)) == 2
    assert count(database, "trades") == 1


def test_bars_between_two_instants_are_their_newest_revisions(store: Database) -> None:
    start = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
    bars = [
        Bar(
            "AAA",
            start + timedelta(minutes=number),
            10,
            10,
            10,
            10,
            100 + revision,
            revision=revision,
        )
        for number in range(3)
        for revision in range(2)
    ]
    PostgresBarStore(store).store(bars, source="stream")

    found = PostgresTapeReader(store).bars("AAA", start=start, end=start + timedelta(minutes=2))

    assert found == [bars[1], bars[3]]


def test_gaps_are_logged_with_what_filled_them(store: Database, database: str) -> None:
    log = PostgresGapLog(store, "acct")
    log.found(NOW, NOW + timedelta(seconds=5), "none")
    log.found(NOW, NOW + timedelta(seconds=9), "none")
    log.filled(NOW, bars=2, trades=0, at=NOW)
    log.filled(NOW, bars=0, trades=30, at=NOW)

    with psycopg.connect(database) as connection:
        rows = connection.execute("select ended, bars, trades from gaps").fetchall()
    assert rows == [(NOW + timedelta(seconds=9), 2, 30)]


@pytest.mark.parametrize("kind", ["memory", "postgres"])
def test_a_gap_is_open_until_it_is_through(kind: str, store: Database) -> None:
    log = MemoryGapLog() if kind == "memory" else PostgresGapLog(store, "acct")
    later = NOW + timedelta(minutes=1)
    for began in (later, NOW, NOW - timedelta(days=1)):
        log.found(began, began + timedelta(seconds=5), "none")
    log.filled(NOW, bars=2, trades=0, at=None)
    log.filled(later, bars=2, trades=0, at=later)

    window = {"since": NOW, "until": NOW + timedelta(hours=1)}
    assert log.open_gaps(**window) == [OpenGap(NOW, NOW + timedelta(seconds=5))]

    log.filled(NOW, bars=0, trades=3, at=later)
    log.filled(NOW, bars=0, trades=3, at=None)
    assert log.open_gaps(**window) == []


def test_missing_prints_of_a_symbol_are_stored_once(store: Database, database: str) -> None:
    missing = PostgresMissingTrades(store)
    prints = [trade(number, conditions=(14, 41)) for number in range(1, 4)]

    assert missing.store_missing("AAA", prints[:2]) == 2
    assert missing.store_missing("AAA", prints) == 1
    assert missing.store_missing("AAA", [*prints, *prints]) == 0
    assert missing.store_missing("NEW", prints) == 3
    assert missing.store_missing("AAA", []) == 0

    found = PostgresTapeReader(store).last_trades("AAA")
    assert [row["sequence"] for row in found] == [int(each.sequence) for each in prints[::-1]]
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "select price, size, conditions, exchange, tape from trades limit 1"
        ).fetchone()
    assert row == (10.0, 100.0, mask_of([14, 41]), 4, 1)


def test_f40_a_store_that_is_away_says_so() -> None:
    away = Database(lambda: "postgresql://nobody@127.0.0.1:9/none")

    with pytest.raises(RetryableError):
        PostgresTickStore(away, "live").store(batch(1, 1))


def test_a_day_of_the_tape_as_parquet(store: Database, database: str, tmp_path: Path) -> None:
    ticks = PostgresTickStore(store, "live")
    ticks.store(batch(1, 1, 2, symbol="BBB"))
    ticks.store(batch(2, 3))
    ticks.store(batch(3, 4, late_ms=-DAY_MS))

    trades, quotes = export_day(database, NOW.date(), tmp_path)

    rows = pq.read_table(trades).to_pylist()
    assert [(row["symbol"], row["sequence"]) for row in rows] == [
        ("AAA", 3),
        ("BBB", 1),
        ("BBB", 2),
    ]
    assert rows[0]["at"] == NOW + timedelta(milliseconds=3)
    assert pq.read_table(quotes).num_rows == 4
    assert not list(tmp_path.glob("*.part"))
