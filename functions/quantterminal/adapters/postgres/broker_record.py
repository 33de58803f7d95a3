"""Activities that are no trades, and the rows that the invariants are checked on."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database, Row
from quantterminal.domain.activities import Activity, ActivityKind, share_changes, split_positions
from quantterminal.domain.invariants import Claim, Sums
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.positions import Position
from quantterminal.domain.replay import activities_payload
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Side

_NOT_WORKING = [s.value for s in OrderStatus if not s.is_working]
_ZERO = Decimal(0)
_CLAIMS = (
    "select o.client_order_id, o.broker_order_id, o.strategy, o.status, o.submitted_at,"
    " i.symbol, i.side, i.quantity, i.limit_price, i.status = 'approved' as is_approved,"
    " i.valid_until, i.origin from orders o join intents i on i.id = o.intent_id"
    " where o.account = %s and (o.created_at > %s or not o.status = any(%s))"
)
_SUMS = """
with facts as (
    select symbol, sum(case side when 'buy' then quantity else -quantity end) as shares
    from fills where account = %(account)s group by symbol
    union all
    select symbol, sum(shares) from activities
    where account = %(account)s and shares <> 0 group by symbol
), held as (
    select symbol, sum(quantity) as shares from positions
    where account = %(account)s group by symbol
), counted as (select symbol, sum(shares) as shares from facts group by symbol)
select symbol, coalesce(counted.shares, 0) as facts, coalesce(held.shares, 0) as positions
from counted full join held using (symbol) order by symbol
"""


class PostgresBrokerRecord:
    """Implements `ports.broker_record.BrokerRecord`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def booked_activities(self, account: str) -> frozenset[str]:
        with self._database.transaction() as connection:
            found = connection.execute(
                "select id from activities where account = %s", (account,)
            ).fetchall()
        return frozenset(row["id"] for row in found)

    def book_activities(
        self, account: str, activities: Sequence[Activity], *, at: datetime
    ) -> bool:
        with self._database.transaction() as connection:
            if not _may_book(connection, account, activities):
                return False
            for each in activities:
                _insert(connection, account, each, at)
            journal.append(
                connection,
                account=account,
                at=at,
                kind="activities",
                ref=activities[0].id,
                payload=activities_payload(activities),
            )
            connection.execute(
                "update accounts set cash = cash + %s, version = version + 1 where account = %s",
                (sum((each.cash for each in activities), _ZERO), account),
            )
            for symbol, moved in _moved(connection, account, activities).items():
                for strategy, position in moved.items():
                    _move(connection, (account, strategy, symbol), position, at)
        return True

    def claims(self, account: str, since: datetime) -> dict[str, Claim]:
        with self._database.transaction() as connection:
            found = connection.execute(_CLAIMS, (account, since, _NOT_WORKING)).fetchall()
        return {row["client_order_id"]: _claim(row) for row in found}

    def sums(self, account: str) -> list[Sums]:
        with self._database.transaction() as connection:
            found = connection.execute(_SUMS, {"account": account}).fetchall()
        return [Sums(**row) for row in found]

    def noted_since(self, account: str, kind: str, since: datetime | None) -> int:
        with self._database.transaction() as connection:
            row = connection.execute(
                "select count(*) as n from journal where account = %s and kind = %s"
                " and (%s::timestamptz is null or at > %s)",
                (account, kind, since, since),
            ).fetchone()
        return 0 if row is None else int(row["n"])


def _claim(row: Row) -> Claim:
    typed = {
        "side": Side(row["side"]),
        "status": OrderStatus(row["status"]),
        "origin": Origin(row["origin"]),
    }
    return Claim(**(row | typed))


def _may_book(connection: Connection, account: str, activities: Sequence[Activity]) -> bool:
    """Whether none is booked and splits explain all shares; the account stays locked."""
    connection.execute(
        "select 1 from accounts where account = %s for no key update", (account,)
    ).fetchone()
    booked = connection.execute(
        "select 1 from activities where account = %s and id = any(%s)",
        (account, [each.id for each in activities]),
    ).fetchone()
    if booked is not None or any(each.kind is ActivityKind.OTHER for each in activities):
        return False
    return set(_moved(connection, account, activities)) == set(share_changes(activities))


def _moved(
    connection: Connection, account: str, activities: Sequence[Activity]
) -> dict[str, dict[str, Position]]:
    moved = {}
    for symbol, shares in sorted(share_changes(activities).items()):
        found = connection.execute(
            "select * from positions where account = %s and symbol = %s"
            " order by strategy for update",
            (account, symbol),
        ).fetchall()
        after = split_positions({row["strategy"]: rows.position(row) for row in found}, shares)
        if after is not None:
            moved[symbol] = after
    return moved


def _move(
    connection: Connection, key: tuple[str, str, str], position: Position, at: datetime
) -> None:
    connection.execute(
        "update positions set quantity = %s, version = %s, updated_at = %s"
        " where account = %s and strategy = %s and symbol = %s",
        (position.quantity, position.version, at, *key),
    )


def _insert(connection: Connection, account: str, each: Activity, at: datetime) -> None:
    connection.execute(
        "insert into activities (account, id, kind, symbol, at, shares, cash, booked_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (account, each.id, each.name, each.symbol, each.at, each.shares, each.cash, at),
    )
