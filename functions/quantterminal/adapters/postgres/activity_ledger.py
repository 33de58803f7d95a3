"""Rows of the recent past, read for the rules that look back."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from quantterminal.adapters.postgres.database import Database
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.risk import Approved
from quantterminal.domain.signals import OUR_PREFIX, Side
from quantterminal.domain.strategy_breaker import Outcome
from quantterminal.ports.activity import Flow

_APPROVED = """
    select id, strategy, symbol, side, quantity, bar_end from intents
    where account = %(account)s and status = 'approved' and (at > %(since)s or id = any(%(ids)s))
"""
_OUTCOMES = """
    select o.intent_id, o.symbol, o.side, i.bar_end, sum(f.realized) as realized,
        o.status = %(rejected)s as is_rejected
    from orders o join intents i on i.id = o.intent_id
    left join fills f on f.client_order_id = o.client_order_id
    where o.account = %(account)s and o.strategy = %(strategy)s and o.created_at >= %(since)s
    group by o.client_order_id, i.id
    having count(f.execution_id) > 0 or o.status = %(rejected)s
    order by coalesce(min(f.at), o.status_at), o.intent_id
"""
_FLOW = """
    select (
        select count(*) from orders where account = %(account)s and client_order_id <> %(but)s
        and (submitted_at > %(since)s or (
            intent_id is null and starts_with(client_order_id, %(ours)s) and status_at > %(since)s
            and status_at > (
                select min(at) from journal where account = %(account)s and kind = 'account'
            )
        ))
    ) as sent, (
        select count(*) from intents where account = %(account)s and client_order_id <> %(but)s
        and status = 'approved' and valid_until > %(since)s
    ) as approved
"""
_VOLUME = """
    select avg(volume)::numeric as volume, count(*) as days from (
        select sum(volume) as volume from (
            select distinct on (start) start, volume from bars
            where symbol = %(symbol)s and start < %(before)s
            and start > %(before)s::timestamptz - make_interval(days => 2 * %(sessions)s + 10)
            order by start, revision desc
        ) as latest
        group by (start at time zone 'America/New_York')::date
        order by (start at time zone 'America/New_York')::date desc limit %(sessions)s
    ) as by_day
"""


class PostgresActivityLedger:
    """Implements `ports.activity.ActivityLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def approved(
        self, account: str, *, since: datetime, working: Collection[str]
    ) -> list[Approved]:
        values = {"account": account, "since": since, "ids": list(working)}
        with self._database.transaction() as connection:
            found = connection.execute(_APPROVED, values).fetchall()
        return [
            Approved(
                row["id"],
                row["strategy"],
                row["symbol"],
                Side(row["side"]),
                row["quantity"],
                row["bar_end"],
            )
            for row in found
        ]

    def outcomes(self, account: str, strategy: str, *, since: datetime) -> list[Outcome]:
        values = {"account": account, "strategy": strategy, "since": since}
        values |= {"rejected": OrderStatus.REJECTED}
        with self._database.transaction() as connection:
            found = connection.execute(_OUTCOMES, values).fetchall()
        return [
            Outcome(
                row["intent_id"],
                row["symbol"],
                Side(row["side"]),
                row["bar_end"],
                row["realized"],
                is_rejected=row["is_rejected"],
            )
            for row in found
        ]

    def flow(self, account: str, *, since: datetime, but: str) -> Flow:
        values = {"account": account, "since": since, "but": but, "ours": OUR_PREFIX}
        with self._database.transaction() as connection:
            row = connection.execute(_FLOW, values).fetchone()
        return Flow(0, 0) if row is None else Flow(row["sent"], row["approved"])

    def average_volume(self, symbol: str, *, before: datetime, sessions: int) -> Decimal | None:
        values = {"symbol": symbol, "before": before, "sessions": sessions}
        with self._database.transaction() as connection:
            row = connection.execute(_VOLUME, values).fetchone()
        return row["volume"] if row is not None and row["days"] == sessions else None
