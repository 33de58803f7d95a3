"""Numbered SQL migrations, applied in order and once, under a lock."""

from collections.abc import Callable
from importlib.resources import files

import psycopg
from psycopg.rows import dict_row

from quantterminal.domain.journal import Entry, chain

_LOCK = 0x5154_4D31  # any constant that only this program uses


def migrate(conninfo: str) -> list[str]:
    """Bring the schema up to date; the names of what was applied now."""
    applied = []
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(
            "create table if not exists schema_migrations"
            " (name text primary key, at timestamptz not null default now())"
        )
        known = {name for (name,) in connection.execute("select name from schema_migrations")}
        for name, text in migrations():
            if name in known:
                continue
            with connection.transaction():
                connection.execute(text.encode())
                if name in _STEPS:
                    _STEPS[name](connection)
                connection.execute("insert into schema_migrations (name) values (%s)", (name,))
            applied.append(name)
    return applied


def migrations() -> list[tuple[str, str]]:
    """(file name, SQL) of every migration, in order."""
    folder = files("quantterminal.adapters.postgres") / "migrations"
    scripts = [each for each in folder.iterdir() if each.name.endswith(".sql")]
    return [(each.name, each.read_text()) for each in sorted(scripts, key=lambda each: each.name)]


def _chain_the_journal(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Give every row its place and its digest, in the order in which the rows were written."""
    connection.execute("alter table journal disable trigger journal_append_only")
    cursor = connection.cursor(row_factory=dict_row)
    accounts = cursor.execute("select distinct account from journal").fetchall()
    for account in (each["account"] for each in accounts):
        found = cursor.execute(
            "select * from journal where account = %s order by seq", (account,)
        ).fetchall()
        entries = [
            Entry(
                account,
                each["at"],
                each["kind"],
                each["ref"],
                each["correlation_id"],
                each["payload"],
            )
            for each in found
        ]
        cursor.executemany(
            "update journal set position = %s, previous = %s, digest = %s where seq = %s",
            [
                (row.position, row.previous, row.digest, old["seq"])
                for row, old in zip(chain(entries), found, strict=True)
            ],
        )
    connection.execute("alter table journal enable trigger journal_append_only")
    for column in ("position", "previous", "digest"):
        connection.execute(f"alter table journal alter column {column} set not null".encode())


# what a migration does that SQL cannot, in its transaction
_STEPS: dict[str, Callable[["psycopg.Connection[tuple[object, ...]]"], None]] = {
    "0002_journal_chain.sql": _chain_the_journal,
}
