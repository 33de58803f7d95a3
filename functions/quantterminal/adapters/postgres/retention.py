"""Forgets old market data: bars and refused rows a slice at a time, so that no transaction runs
into the time limit, the tape by whole days. The days to come are made at the same time.
"""

from datetime import date, datetime

from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.tick_days import drop_tick_days, make_tick_days

_SLICE = 20_000
_DAYS_AHEAD = 5  # over a long weekend
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
        gone = {table: self._all(sql, before) for table, sql in _DELETIONS.items()}
        return gone | {"tick_days": drop_tick_days(self._database, before)}

    def prepare(self, first: date) -> int:
        return make_tick_days(self._database, first, days=_DAYS_AHEAD)

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
