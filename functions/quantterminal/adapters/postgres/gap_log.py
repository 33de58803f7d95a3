"""What of the tape was missed, for reports and for who makes it good."""

from collections.abc import Sequence
from datetime import UTC, datetime

from quantterminal.adapters.postgres.database import Database
from quantterminal.ports.lease import OpenGap

_FOUND = (
    "insert into gaps (account, began, ended, reason) values (%s, %s, %s, %s)"
    " on conflict (account, began) do update set ended = greatest(gaps.ended, excluded.ended)"
)
_FILLED = (
    "update gaps set bars = bars + %s, trades = trades + %s,"
    " filled_at = coalesce(%s, filled_at) where account = %s and began = %s"
)
_OPEN = (
    "select began, ended from gaps where account = %s and filled_at is null and began >= %s"
    " and began < %s order by began"
)


class PostgresGapLog:
    """Implements `ports.lease.GapLog` and `OpenGaps`."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    def found(self, began: datetime, ended: datetime, reason: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(_FOUND, (self._account, began, ended, reason))

    def filled(self, began: datetime, *, bars: int, trades: int, at: datetime | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(_FILLED, (bars, trades, at, self._account, began))

    def open_gaps(self, *, since: datetime, until: datetime) -> Sequence[OpenGap]:
        with self._database.transaction() as connection:
            found = connection.execute(_OPEN, (self._account, since, until)).fetchall()
        return [
            OpenGap(row["began"].astimezone(UTC), row["ended"].astimezone(UTC)) for row in found
        ]
