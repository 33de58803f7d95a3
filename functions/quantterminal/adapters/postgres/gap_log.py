"""What of the tape was missed, for reports."""

from datetime import datetime

from quantterminal.adapters.postgres.database import Database

_FOUND = (
    "insert into gaps (account, began, ended, reason) values (%s, %s, %s, %s)"
    " on conflict (account, began) do update set ended = greatest(gaps.ended, excluded.ended)"
)
_FILLED = (
    "update gaps set bars = bars + %s, trades = trades + %s, filled_at = %s"
    " where account = %s and began = %s"
)


class PostgresGapLog:
    """Implements `ports.lease.GapLog`."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    def found(self, began: datetime, ended: datetime, reason: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(_FOUND, (self._account, began, ended, reason))

    def filled(self, began: datetime, *, bars: int, trades: int, at: datetime) -> None:
        with self._database.transaction() as connection:
            connection.execute(_FILLED, (bars, trades, at, self._account, began))
