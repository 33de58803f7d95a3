"""The account's own numbers, one consistent read of its books, and what is done once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.risk import Reservation
from quantterminal.ports.ledger import Books

_NOT_WORKING = [s.value for s in OrderStatus if not s.is_working]


class PostgresAccountLedger:
    """Implements `ports.ledger.AccountLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_account(self, account: str, *, cash: Decimal, at: datetime) -> None:
        with self._database.transaction() as connection:
            created = connection.execute(
                "insert into accounts (account, cash, day_open_equity, high_water_mark)"
                " values (%s, %s, %s, %s) on conflict do nothing",
                (account, cash, cash, cash),
            )
            if created.rowcount:
                journal.append(
                    connection,
                    account=account,
                    at=at,
                    kind="account",
                    ref=account,
                    payload={"cash": cash},
                )

    def books(self, account: str) -> Books:
        with self._one_read() as connection:
            return replace(_read(connection, account), marks=_marks(connection))

    def holdings(self, account: str) -> Books:
        with self._one_read() as connection:
            return _read(connection, account)

    def rebuild(self, account: str) -> Books:
        # Two transactions: the books' snapshot must be taken after the wait for those who record
        # an intent of the old generation, or it would not see their orders.
        with self._database.transaction() as connection:
            raised = connection.execute(
                "update accounts set generation = generation + 1 where account = %s"
                " returning generation, clock_timestamp() as at",
                (account,),
            ).fetchone()
            if raised is not None:
                journal.append(
                    connection,
                    account=account,
                    at=raised["at"],
                    kind="generation",
                    ref="working state rebuilt",
                    payload={"generation": raised["generation"]},
                )
        return self.books(account)

    def begin_session(self, account: str, *, day: date, equity: Decimal, at: datetime) -> bool:
        with self._database.transaction() as connection:
            begun = connection.execute(
                "update accounts set session_day = %s, day_open_equity = %s,"
                " high_water_mark = greatest(high_water_mark, %s), version = version + 1"
                " where account = %s and (session_day is null or session_day < %s)",
                (day, equity, equity, account, day),
            )
            if begun.rowcount:
                journal.append(
                    connection,
                    account=account,
                    at=at,
                    kind="session",
                    ref=day.isoformat(),
                    payload={"day_open_equity": equity},
                )
        return begun.rowcount == 1

    def reset_high_water(self, account: str, *, equity: Decimal, actor: str, at: datetime) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "update accounts set high_water_mark = %s, version = version + 1"
                " where account = %s",
                (equity, account),
            )
            journal.append(
                connection,
                account=account,
                at=at,
                kind="rearmed",
                ref=account,
                payload={"high_water_mark": equity, "actor": actor},
            )

    def once(self, account: str, *, name: str, key: str, at: datetime) -> bool:
        with self._database.transaction() as connection:
            first = connection.execute(
                "insert into done_once (account, name, key, at) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                (account, name, key, at),
            )
        return first.rowcount == 1

    def begun(self, account: str, *, name: str, key: str, at: datetime) -> datetime:
        self.once(account, name=name, key=key, at=at)
        with self._database.transaction() as connection:
            row = connection.execute(
                "select at from done_once where account = %s and name = %s and key = %s",
                (account, name, key),
            ).fetchone()
        return at if row is None else row["at"]

    def is_done(self, account: str, *, name: str, key: str) -> bool:
        with self._database.transaction() as connection:
            found = connection.execute(
                "select 1 from done_once where account = %s and name = %s and key = %s",
                (account, name, key),
            ).fetchone()
        return found is not None

    def last_noted(self, account: str, kind: str) -> datetime | None:
        with self._database.transaction() as connection:
            row = connection.execute(
                "select max(at) as last from journal where account = %s and kind = %s",
                (account, kind),
            ).fetchone()
        return None if row is None else row["last"]

    def noted(
        self, account: str, *, kind: str, ref: str, since: datetime
    ) -> Mapping[str, str] | None:
        with self._database.transaction() as connection:
            row = connection.execute(
                "select payload from journal where account = %s and at >= %s and kind = %s"
                " and ref = %s order by position desc limit 1",
                (account, since, kind, ref),
            ).fetchone()
        return None if row is None else row["payload"]

    def note(
        self, account: str, *, kind: str, ref: str, payload: Mapping[str, str], at: datetime
    ) -> None:
        with self._database.transaction() as connection:
            journal.append(connection, account=account, at=at, kind=kind, ref=ref, payload=payload)

    @contextmanager
    def _one_read(self) -> Iterator[Connection]:
        with self._database.transaction() as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            yield connection


def _read(connection: Connection, account: str) -> Books:
    row = connection.execute("select * from accounts where account = %s", (account,)).fetchone()
    if row is None:
        raise LookupError(f"Expected an account {account!r} in the ledger, was none")
    halts = connection.execute("select * from halts where account = %s", (account,)).fetchall()
    positions = connection.execute(
        "select * from positions where account = %s", (account,)
    ).fetchall()
    return Books(
        account=rows.account(row),
        halts=[rows.halt(each) for each in halts],
        positions={(each["strategy"], each["symbol"]): rows.position(each) for each in positions},
        reservations=_reservations(connection, account),
        marks={},
    )


def _marks(connection: Connection) -> dict[str, tuple[Decimal, datetime]]:
    found = connection.execute(
        "select distinct on (symbol) symbol, close, start + interval '1 minute' as at from bars"
        " where start > (select max(start) from bars) - interval '7 days'"
        # a price from before a split is no price of the shares that are held now
        " and not exists (select 1 from activities where activities.symbol = bars.symbol"
        " and shares <> 0 and activities.at > bars.start)"
        " order by symbol, start desc, revision"
    ).fetchall()
    return {each["symbol"]: (Decimal(repr(each["close"])), each["at"]) for each in found}


def _reservations(connection: Connection, account: str) -> dict[str, Reservation]:
    found = connection.execute(
        f"select {rows.columns(rows.ORDER_COLUMNS)} from orders"  # noqa: S608  constants
        " where account = %s and (not status = any(%s) or filled_quantity > booked_quantity)"
        " order by created_at",
        (account, _NOT_WORKING),
    ).fetchall()
    return {
        order.intent_id or order.client_order_id: Reservation(
            order.strategy, order.symbol, order.side, order.exposure, order.limit_price
        )
        for order in map(rows.order, found)
        if order.exposure
    }
