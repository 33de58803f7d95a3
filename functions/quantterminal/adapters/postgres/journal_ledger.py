"""Reads the journal and, at the same instant, the tables that it must lead to."""

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database, Row
from quantterminal.domain.journal import Anchor
from quantterminal.domain.replay import AccountNumbers, Fill, JournaledBooks
from quantterminal.domain.signals import Side
from quantterminal.ports.journal import AuditMaterial


class PostgresJournal:
    """Implements `ports.journal.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def material(self, account: str) -> AuditMaterial:
        with self._database.passing() as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            found = _all(connection, "journal", account, order="position")
            return AuditMaterial(
                [journal.journal_row(row) for row in found], _books(connection, account)
            )

    def head(self, account: str) -> Anchor | None:
        with self._database.passing() as connection:
            return journal.head(connection, account)


def _books(connection: Connection, account: str) -> JournaledBooks:
    numbers = _all(connection, "accounts", account, order="account")
    return JournaledBooks(
        numbers=_numbers(numbers[0]) if numbers else None,
        orders={
            each["client_order_id"]: rows.order(each)
            for each in _all(connection, "orders", account, order="client_order_id")
        },
        fills={
            each["execution_id"]: _fill(each)
            for each in _all(connection, "fills", account, order="execution_id")
        },
        positions={
            (each["strategy"], each["symbol"]): rows.position(each)
            for each in _all(connection, "positions", account, order="strategy, symbol")
        },
        halts={
            each["scope"]: rows.halt(each)
            for each in _all(connection, "halts", account, order="scope")
        },
    )


def _all(connection: Connection, table: str, account: str, *, order: str) -> list[Row]:
    statement = f"select * from {table} where account = %s order by {order}"  # noqa: S608  constants
    return connection.execute(statement.encode(), (account,)).fetchall()


def _numbers(row: Row) -> AccountNumbers:
    return AccountNumbers(**{name: row[name] for name in AccountNumbers.__dataclass_fields__})


def _fill(row: Row) -> Fill:
    values = {name: row[name] for name in Fill.__dataclass_fields__}
    values["side"] = Side(row["side"])
    return Fill(**values)
