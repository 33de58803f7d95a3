"""One day of one account, read from the ledger in one consistent, read-only transaction."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from quantterminal.adapters.postgres.database import Connection, Database, Row
from quantterminal.domain.report import EquityAt, FeedGap, HaltRaised
from quantterminal.domain.signals import Side
from quantterminal.domain.trading_day import TradingDay
from quantterminal.ports.report_ledger import (
    DayRecords,
    FillRecord,
    Mark,
    OrderRecord,
    Tally,
    TradeEvent,
)

_SNAPSHOT = "set transaction isolation level repeatable read, read only"

_ORDERS = """
select o.client_order_id, o.strategy, o.status, o.reason, o.intent_id is null as is_external,
       o.submitted_at, o.latency_us,
       (select min(f.at) from fills f
         where f.client_order_id = o.client_order_id and f.cumulative >= o.quantity)
       as completed_at
  from orders o
 where o.account = %(account)s and o.created_at >= %(start)s and o.created_at < %(end)s
 order by o.created_at, o.client_order_id
"""
_FILLS = """
select f.strategy, f.symbol, f.side, f.quantity, f.price, f.at, i.reference_price
  from fills f
  join orders o using (client_order_id)
  left join intents i on i.id = o.intent_id
 where f.account = %(account)s and f.at >= %(start)s and f.at < %(end)s
 order by f.at, f.broker_order_id, f.cumulative
"""
# The fills since each holding was last flat: with them the position is exact, without the rest of
# history.
_OPENING_FILLS = """
with numbered as (
    select f.*, row_number() over each as number,
           sum(case f.side when 'buy' then f.quantity else -f.quantity end) over each as held
      from fills f
     where f.account = %(account)s and f.at < %(start)s
    window each as (partition by f.strategy, f.symbol
                    order by f.at, f.broker_order_id, f.cumulative)
), flat as (
    select strategy, symbol, max(number) as number from numbered where held = 0
     group by strategy, symbol
)
select n.strategy, n.symbol, n.side, n.quantity, n.price, n.at, null as reference_price
  from numbered n
  left join flat using (strategy, symbol)
 where n.number > coalesce(flat.number, 0)
 order by n.at, n.broker_order_id, n.cumulative
"""
# The first revision: what the strategies and the recorded equity saw.
_MARKS = """
select distinct on (start, symbol) symbol, start + interval '1 minute' as at, close
  from bars
 where symbol = any(%(symbols)s) and start >= %(opens)s and start < %(end)s
 order by start, symbol, revision
"""
_OPENING_MARKS = """
select wanted.symbol, last.close
  from unnest(%(symbols)s::text[]) as wanted (symbol)
 cross join lateral (
    select close from bars where symbol = wanted.symbol and start < %(opens)s
     order by start desc, revision limit 1
 ) as last
"""
_SIGNALS = """
select strategy, count(*) as count, '' as code from signals
 where account = %(account)s and at >= %(start)s and at < %(end)s
 group by strategy order by strategy
"""
_INTENTS = """
select strategy, count(*) as count, '' as code from intents
 where account = %(account)s and at >= %(start)s and at < %(end)s
 group by strategy order by strategy
"""
_DENIALS = """
select strategy, count(*) as count, denial_code as code from intents
 where account = %(account)s and at >= %(start)s and at < %(end)s and status = 'denied'
 group by strategy, denial_code order by strategy, denial_code
"""
_EQUITY = """
select at, equity from equity
 where account = %(account)s and at >= %(opens)s and at < %(end)s order by at
"""
_PREVIOUS_EQUITY = """
select equity as value from equity where account = %(account)s and at < %(opens)s
 order by at desc limit 1
"""
_DAY_OPEN_EQUITY = """
select (payload ->> 'day_open_equity')::numeric as value from journal
 where account = %(account)s and at >= %(start)s and at < %(end)s
   and kind = 'session' and ref = %(day)s
 order by seq limit 1
"""
_HALTS = """
select at, ref as scope, payload ->> 'level' as level, payload ->> 'code' as code,
       payload ->> 'reason' as reason, payload ->> 'actor' as actor
  from journal
 where account = %(account)s and at >= %(start)s and at < %(end)s
   and kind = 'halt' and payload ->> 'level' <> 'ACTIVE'
 order by at, seq
"""
_BARS_IN = """
select count(distinct (symbol, start)) as value from bars
 where start >= %(start)s and start < %(end)s
"""
_QUARANTINED = """
select code, count(*) as count from quarantine
 where at >= %(start)s and at < %(end)s group by code order by code
"""
_GAPS = """
select began, ended, reason, bars, trades from gaps
 where account = %(account)s and began >= %(start)s and began < %(end)s
 order by began
"""

_TRADE_EVENTS = """
select i.at, 'intent_' || i.status as kind, i.client_order_id, i.id as intent_id,
       i.correlation_id, i.strategy, i.symbol, i.side, i.quantity, i.limit_price as price,
       0::numeric as filled, i.status,
       coalesce(i.denial_code || ': ' || coalesce(i.denial_text, ''), '') as reason,
       '' as reference
  from intents i
 where i.account = %(account)s and i.at >= %(start)s and i.at < %(end)s
union all
select moment.at, moment.kind, o.client_order_id, coalesce(o.intent_id, ''),
       coalesce(i.correlation_id, ''), o.strategy, o.symbol, o.side, o.quantity, o.limit_price,
       moment.filled, moment.status, moment.reason, coalesce(o.broker_order_id, '')
  from orders o
  left join intents i on i.id = o.intent_id
 cross join lateral (values
    ('order_submitted', o.submitted_at, 0::numeric, 'submitted', ''),
    ('cancel_requested', o.cancel_requested_at, 0::numeric, 'pending_cancel', o.cancel_reason),
    ('order_status', o.status_at, o.filled_quantity, o.status, o.reason)
 ) as moment (kind, at, filled, status, reason)
 where o.account = %(account)s and moment.at >= %(start)s and moment.at < %(end)s
union all
select f.at, 'fill', f.client_order_id, coalesce(o.intent_id, ''), coalesce(i.correlation_id, ''),
       f.strategy, f.symbol, f.side, f.quantity, f.price, f.cumulative, '', '', f.execution_id
  from fills f
  join orders o using (client_order_id)
  left join intents i on i.id = o.intent_id
 where f.account = %(account)s and f.at >= %(start)s and f.at < %(end)s
"""


class PostgresReportLedger:
    """Implements `ports.report_ledger.ReportLedger` and `TradeLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def day(self, account: str, window: TradingDay) -> DayRecords:
        bounds = _bounds(account, window)
        with self._database.transaction() as connection:
            connection.execute(_SNAPSHOT)
            return _records(connection, bounds)

    def trade_events(self, account: str, window: TradingDay) -> list[TradeEvent]:
        with self._database.transaction() as connection:
            connection.execute(_SNAPSHOT)
            found = _all(connection, _TRADE_EVENTS, _bounds(account, window))
        return [TradeEvent(**_typed(row)) for row in found]


def _bounds(account: str, window: TradingDay) -> dict[str, Any]:
    return {
        "account": account,
        "day": window.day.isoformat(),
        "start": window.start,
        "end": window.end,
        "opens": window.opens,
    }


def _records(connection: Connection, bounds: dict[str, Any]) -> DayRecords:
    fills = _fills(connection, _FILLS, bounds)
    opening = _fills(connection, _OPENING_FILLS, bounds)
    symbols = sorted({fill.symbol for fill in (*fills, *opening)})
    of_symbols = bounds | {"symbols": symbols}
    return DayRecords(
        orders=tuple(OrderRecord(**_typed(row)) for row in _all(connection, _ORDERS, bounds)),
        fills=fills,
        opening_fills=opening,
        marks=tuple(
            Mark(row["symbol"], row["at"].astimezone(UTC), _price(row["close"]))
            for row in _all(connection, _MARKS, of_symbols)
        ),
        opening_marks={
            row["symbol"]: _price(row["close"])
            for row in _all(connection, _OPENING_MARKS, of_symbols)
        },
        signals=tuple(Tally(**row) for row in _all(connection, _SIGNALS, bounds)),
        intents=tuple(Tally(**row) for row in _all(connection, _INTENTS, bounds)),
        denials=tuple(Tally(**row) for row in _all(connection, _DENIALS, bounds)),
        equity=tuple(EquityAt(**_typed(row)) for row in _all(connection, _EQUITY, bounds)),
        day_open_equity=_value(connection, _DAY_OPEN_EQUITY, bounds),
        previous_equity=_value(connection, _PREVIOUS_EQUITY, bounds),
        halts=tuple(HaltRaised(**_typed(row)) for row in _all(connection, _HALTS, bounds)),
        bars_in=int(_value(connection, _BARS_IN, bounds) or 0),
        bars_quarantined={
            row["code"]: row["count"] for row in _all(connection, _QUARANTINED, bounds)
        },
        gaps=tuple(FeedGap(**_typed(row)) for row in _all(connection, _GAPS, bounds)),
    )


def _fills(connection: Connection, sql: str, bounds: dict[str, Any]) -> tuple[FillRecord, ...]:
    return tuple(FillRecord(**_typed(row)) for row in _all(connection, sql, bounds))


def _all(connection: Connection, sql: str, bounds: dict[str, Any]) -> list[Row]:
    return connection.execute(sql.encode(), bounds).fetchall()


def _value(connection: Connection, sql: str, bounds: dict[str, Any]) -> Decimal | None:
    row = connection.execute(sql.encode(), bounds).fetchone()
    return None if row is None else row["value"]


def _typed(row: Row) -> Row:
    """Sides as `Side`, instants in UTC; the other columns are what the records want already."""
    typed = dict(row)
    for name in ("at", "began", "ended", "submitted_at", "completed_at"):
        if typed.get(name) is not None:
            typed[name] = typed[name].astimezone(UTC)
    if "side" in typed:
        typed["side"] = Side(typed["side"])
    return typed


def _price(close: float) -> Decimal:
    return Decimal(repr(close))
