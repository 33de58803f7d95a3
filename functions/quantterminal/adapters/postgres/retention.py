"""Deletes old market data, a slice at a time, so that no transaction runs into the time limit."""

from datetime import datetime

from quantterminal.adapters.postgres.database import Database

_SLICE = 20_000
_DELETIONS = {
    "bars": (
        "delete from bars where ctid = any(array("
        "select ctid from bars where start < %(before)s order by start limit %(slice)s))"
    ),
    "quarantine": (
        "delete from quarantine where ctid = any(array("
        "select ctid from quarantine where at < %(before)s limit %(slice)s))"
    ),
}


class PostgresRetention:
    """Implements `ports.retention.Retention`."""

    def __init__(self, database: Database, *, slice_rows: int = _SLICE) -> None:
        self._database = database
        self._slice = slice_rows

    def forget(self, before: datetime) -> dict[str, int]:
        return {table: self._all(sql, before) for table, sql in _DELETIONS.items()}

    def _all(self, sql: str, before: datetime) -> int:
        gone = 0
        while True:
            with self._database.transaction() as connection:
                done = connection.execute(
                    sql.encode(), {"before": before, "slice": self._slice}
                ).rowcount
            gone += done
            if done < self._slice:
                return gone
