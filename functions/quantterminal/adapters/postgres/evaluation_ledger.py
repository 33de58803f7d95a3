"""What the strategies decided, and what they knew: signals and snapshots, in one transaction."""

from collections.abc import Collection
from datetime import datetime

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database
from quantterminal.domain.bars import MINUTE
from quantterminal.domain.errors import ConflictError
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Signal
from quantterminal.ports.ledger import Evaluation, Holding, Snapshot

_INSERT_SIGNAL = (
    f"insert into signals (id, account, {rows.columns(rows.SIGNAL_COLUMNS)},"  # noqa: S608  names are constants
    " origin, correlation_id, at)"
    f" values (%(id)s, %(account)s, {rows.placeholders(rows.SIGNAL_COLUMNS)},"
    " %(origin)s, %(correlation_id)s, %(at)s) on conflict (id) do nothing"
)
_UPSERT_SNAPSHOT = (
    "insert into snapshots (account, strategy, symbol, last_bar, state)"
    " values (%s, %s, %s, %s, %s)"
    " on conflict (account, strategy, symbol) do update"
    " set last_bar = excluded.last_bar, state = excluded.state"
    " where snapshots.last_bar = %s"
)


class PostgresEvaluationLedger:
    """Implements `ports.ledger.EvaluationLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def snapshots(self, account: str, holdings: Collection[Holding]) -> dict[Holding, Snapshot]:
        with self._database.transaction() as connection:
            found = connection.execute(
                "select strategy, symbol, last_bar, state from snapshots where account = %s"
                " and (strategy, symbol) in (select * from unnest(%s::text[], %s::text[]))",
                (account, [each[0] for each in holdings], [each[1] for each in holdings]),
            ).fetchall()
        return {
            (row["strategy"], row["symbol"]): Snapshot(row["last_bar"], row["state"])
            for row in found
        }

    def record_evaluation(self, account: str, evaluation: Evaluation) -> None:
        with self._database.transaction() as connection:
            self._upsert_snapshots(connection, account, evaluation)
            for each in evaluation.signals:
                _insert_signal(
                    connection,
                    account,
                    each,
                    origin=Origin.STRATEGY,
                    correlation_id=evaluation.correlation_id,
                    at=evaluation.at,
                )
            if evaluation.equity is not None:
                _record_equity(connection, account, evaluation)
            journal.append(
                connection,
                account=account,
                at=evaluation.at,
                kind="minute",
                ref=evaluation.minute.isoformat(),
                correlation_id=evaluation.correlation_id,
                payload={
                    "evaluated": len(evaluation.snapshots),
                    "signals": [each.id for each in evaluation.signals],
                    "equity": evaluation.equity,
                },
            )

    def signals_of(self, account: str, minute: datetime, symbols: Collection[str]) -> list[Signal]:
        with self._database.transaction() as connection:
            found = connection.execute(
                f"select {rows.columns(rows.SIGNAL_COLUMNS)} from signals"  # noqa: S608  constants
                " where account = %s and bar_start = %s and symbol = any(%s) and origin = %s"
                " order by symbol, strategy, ordinal",
                (account, minute, list(symbols), Origin.STRATEGY),
            ).fetchall()
        return [rows.signal(row) for row in found]

    def record_signal(
        self, account: str, signal: Signal, *, origin: Origin, correlation_id: str, at: datetime
    ) -> None:
        with self._database.transaction() as connection:
            _insert_signal(
                connection, account, signal, origin=origin, correlation_id=correlation_id, at=at
            )

    def _upsert_snapshots(
        self, connection: Connection, account: str, evaluation: Evaluation
    ) -> None:
        for (strategy, symbol), state in sorted(evaluation.snapshots.items()):
            base = evaluation.based_on.get((strategy, symbol))
            cursor = connection.execute(
                _UPSERT_SNAPSHOT, (account, strategy, symbol, evaluation.minute, state, base)
            )
            if cursor.rowcount != 1:
                raise ConflictError(
                    f"Expected {strategy} to have seen {symbol} up to {base}, was another bar"
                )


def _insert_signal(
    connection: Connection,
    account: str,
    each: Signal,
    *,
    origin: Origin,
    correlation_id: str,
    at: datetime,
) -> None:
    values = {name: getattr(each, name) for name in rows.SIGNAL_COLUMNS}
    values |= {"id": each.id, "account": account, "origin": origin}
    connection.execute(_INSERT_SIGNAL, values | {"correlation_id": correlation_id, "at": at})


def _record_equity(connection: Connection, account: str, evaluation: Evaluation) -> None:
    connection.execute(
        "insert into equity (account, at, equity, cash) values (%s, %s, %s, %s)"
        " on conflict do nothing",
        (account, evaluation.minute + MINUTE, evaluation.equity, evaluation.cash),
    )
    connection.execute(
        "update accounts set high_water_mark = %s where account = %s and high_water_mark < %s",
        (evaluation.equity, account, evaluation.equity),
    )
