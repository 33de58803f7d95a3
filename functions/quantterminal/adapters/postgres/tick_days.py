"""The days of the tape: made ahead, and forgotten whole. Needs no numpy."""

from datetime import date, datetime

from quantterminal.adapters.postgres.database import Database


def make_tick_days(database: Database, first: date, *, days: int) -> int:
    """Make the partitions of some UTC days; how many are new."""
    with database.transaction() as connection:
        row = connection.execute("select make_tick_days(%s, %s) as made", (first, days)).fetchone()
    return 0 if row is None else int(row["made"])


def drop_tick_days(database: Database, before: datetime) -> int:
    """Forget the UTC days that ended before that instant; how many partitions went."""
    with database.transaction() as connection:
        row = connection.execute("select drop_tick_days(%s) as gone", (before,)).fetchone()
    return 0 if row is None else int(row["gone"])
