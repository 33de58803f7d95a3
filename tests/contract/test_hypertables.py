"""The branch of the schema for TimescaleDB, run against a stand-in of the extension.

The real one has no package that could be installed for a test. The stand-in has its functions,
which write down what they are called with; its tables are ordinary ones.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.adapters.postgres.retention import PostgresRetention
from quantterminal.adapters.postgres.tick_days import drop_tick_days, make_tick_days
from quantterminal.adapters.postgres.tick_store import PostgresTapeReader, PostgresTickStore
from tests.contract.test_tick_store import batch
from tests.unit.quantterminal.adapters.ingest.ticks import NOW

NEWEST_WITHOUT = 180_000  # the server's number of version 18, the first that is told where to look
CONTROL = "default_version = '1.0'\nrelocatable = true\n"
STAND_IN = """
create table called (what text, on_table text, span interval, at timestamptz);
create function create_hypertable(relation text, time_column text, chunk_time_interval interval,
    create_default_indexes boolean) returns void language sql as
$$ insert into called values ('hypertable by ' || $2 || case when $4 then ', indexed' else '' end,
    $1, $3) $$;
create function add_compression_policy(relation text, compress_after interval) returns void
    language sql as $$ insert into called values ('compression', $1, $2) $$;
create function drop_chunks(relation regclass, older_than timestamptz) returns setof text
    language sql as $$
    insert into called values ('drop', $1::text, null, $2);
    select unnest(array['one', 'two']) || $1::text
$$;
"""


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Database]:
    folder = tmp_path / "extension"
    folder.mkdir()
    (folder / "timescaledb.control").write_text(CONTROL)
    (folder / "timescaledb--1.0.sql").write_text(STAND_IN)
    for each in (*tmp_path.parents[:3], tmp_path, folder):
        each.chmod(each.stat().st_mode | 0o055)  # the server may run as somebody else
    with psycopg.connect(database, autocommit=True) as connection:
        if connection.info.server_version < NEWEST_WITHOUT:
            pytest.skip("this PostgreSQL finds extensions only where it is installed")
        name = psycopg.sql.Identifier(connection.info.dbname)
        path = psycopg.sql.Literal(f"{tmp_path}:$system")
        connection.execute(
            psycopg.sql.SQL("alter database {} set extension_control_path = {}").format(name, path)
        )
    migrate(database)
    made = Database(lambda: database)
    yield made
    made.close()


def called(database: str, what: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "select on_table, span, at from called where what = %s order by on_table", (what,)
        ).fetchall()


def test_ticks_are_hypertables_of_a_day_that_are_compressed_after_two(
    store: Database, database: str
) -> None:
    del store
    day = timedelta(days=1)

    assert called(database, "hypertable by at") == [("quotes", day, None), ("trades", day, None)]
    query = "select relname::text, relkind::text from pg_class where relname = any(%s)"
    kinds = dict(_query(database, query))
    assert kinds == {"trades": "r", "quotes": "r"}


def test_days_need_not_be_made_and_are_forgotten_by_the_chunk(
    store: Database, database: str
) -> None:
    before = datetime(2024, 3, 5, tzinfo=UTC)

    assert make_tick_days(store, NOW.date(), days=3) == 0
    assert PostgresRetention(store).prepare(NOW.date()) == 0
    assert drop_tick_days(store, before) == 4
    assert called(database, "drop") == [("quotes", None, before), ("trades", None, before)]


def test_rows_are_stored_and_found_as_elsewhere(store: Database) -> None:
    ticks = PostgresTickStore(store, "feed")

    assert ticks.store(batch(1, 1, 2)) == 4

    reader = PostgresTapeReader(store)
    assert [row["sequence"] for row in reader.last_trades("AAA")] == [2, 1]
    assert [row["sequence"] for row in reader.last_quotes("AAA")] == [2, 1]


def _query(database: str, query: str) -> list[tuple[str, str]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode(), (["trades", "quotes"],)).fetchall()
