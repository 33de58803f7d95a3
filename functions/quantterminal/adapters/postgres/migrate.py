"""Numbered SQL migrations, applied in order and once, under a lock."""

from importlib.resources import files

import psycopg

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
                connection.execute("insert into schema_migrations (name) values (%s)", (name,))
            applied.append(name)
    return applied


def migrations() -> list[tuple[str, str]]:
    """(file name, SQL) of every migration, in order."""
    folder = files("quantterminal.adapters.postgres") / "migrations"
    scripts = [each for each in folder.iterdir() if each.name.endswith(".sql")]
    return [(each.name, each.read_text()) for each in sorted(scripts, key=lambda each: each.name)]
