"""Read-only queries of the dashboard."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.database import Database, Row
from quantterminal.domain.bars import MINUTE
from quantterminal.domain.view import AlertRow, BarRow, EquityPoint, Marker, OrderRow
from quantterminal.ports.ledger import Books, Holding
from quantterminal.ports.view_ledger import Activity, DayFlow, StrategyFacts

_ORDERS = """
with newest as (
    select o.client_order_id, o.created_at as at, o.strategy, o.symbol, o.side, o.quantity,
        o.filled_quantity, o.limit_price, o.status, o.reason, o.intent_id
    from orders o where o.account = %(account)s
    order by o.created_at desc, o.client_order_id limit %(newest)s
)
select n.*, i.reference_price, f.average_price, f.filled_at
from newest n left join intents i on i.id = n.intent_id
left join (
    select client_order_id, sum(quantity * price) / sum(quantity) as average_price,
        max(at) as filled_at
    from fills where client_order_id in (select client_order_id from newest)
    group by client_order_id
) f on f.client_order_id = n.client_order_id
union all
(select i.client_order_id, i.at, i.strategy, i.symbol, i.side, i.quantity, 0, i.limit_price,
    i.denial_code, i.denial_text, i.id, i.reference_price, null, null
from intents i where i.account = %(account)s and i.status = 'denied'
order by i.at desc, i.client_order_id limit %(newest)s)
order by at desc, client_order_id limit %(newest)s
"""
_STRATEGIES = """
select strategy, count(distinct client_order_id) as fills from fills
where account = %(account)s and at >= %(since)s group by strategy
"""
_FLOWS = """
select p.strategy, p.symbol,
    coalesce(sum(case f.side when 'sell' then f.quantity * f.price else -f.quantity * f.price end),
        0) as cash,
    coalesce(sum(case f.side when 'sell' then -f.quantity else f.quantity end), 0) as shares,
    (select b.close from bars b where b.symbol = p.symbol and b.start < %(since)s
     order by b.start desc, b.revision desc limit 1) as opening_price
from positions p left join fills f on f.account = p.account and f.strategy = p.strategy
    and f.symbol = p.symbol and f.at >= %(since)s
where p.account = %(account)s group by p.strategy, p.symbol
"""
_LAST_SIGNALS = """
select distinct on (strategy) strategy, action, symbol, bar_start from signals
where account = %(account)s order by strategy, bar_start desc, symbol, ordinal desc
"""
_ACTIVITY = """
select
    (select count(*) from bars where start >= %(since)s and revision = 0) as bars_seen,
    (select count(*) from quarantine) as bars_quarantined,
    (select max(start) from bars) as last_bar_at,
    (select max(at) from journal where account = %(account)s and kind = 'reconcile')
        as last_reconcile_at,
    (select percentile_cont(array[0.5, 0.99]) within group (order by latency_us) from orders
     where account = %(account)s and created_at >= %(since)s and latency_us is not null)
        as latencies,
    (select min(created_at) from orders where account = %(account)s and status = 'pending_submit')
        as waiting_since
"""
_EVENTS = """
select seq, at, kind, ref, payload from journal
where account = %(account)s and kind = any(%(kinds)s) order by seq desc limit %(newest)s
"""
_TOLD = [
    *("account", "activities", "halt", "limits", "operator", "order.problem", "rearmed"),
    *("session", "snapshot.implausible", "unreadable"),
]
# The last point of each of `most` equal spans of what there is.
_CURVE = """
with all_points as (
    select at, equity from equity where account = %(account)s and at >= %(since)s
), bounds as (
    select min(at) as first, greatest(max(at) - min(at), interval '1 second') as span
    from all_points
)
select distinct on (width) at, equity from (
    select at, equity, floor(extract(epoch from at - first) * %(most)s
        / extract(epoch from span)) as width
    from all_points, bounds
) as placed order by width, at desc
"""
_EQUITY_BEFORE = """
select equity from equity where account = %(account)s and at < %(at)s order by at desc limit 1
"""
_MARKERS = """
with runs_in_order as (
    select started_at, source, code_version,
        lag(code_version) over before <> code_version or lag(config) over before <> config
            as brings_other
    from runs where account = %(account)s
    window before as (order by started_at, id)
)
select at, kind, text from (
    select at, case payload ->> 'level' when 'ACTIVE' then 'rearmed' else 'halt' end as kind,
        concat_ws(' ', ref, payload ->> 'level', payload ->> 'code', payload ->> 'reason') as text
    from journal where account = %(account)s and at >= %(since)s and kind = 'halt'
    union all
    select started_at, case when brings_other then 'deploy' else 'start' end,
        concat_ws(' ', source, code_version) from runs_in_order
    where started_at >= %(since)s
    order by at desc limit %(newest)s
) as newest order by at
"""
_BARS = """
select start as at, open, high, low, close, volume from (
    select distinct on (start) * from bars where symbol = %(symbol)s
    order by start desc, revision desc limit %(newest)s
) as newest order by start
"""


class PostgresViewLedger:
    """Implements `ports.view_ledger.ViewLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._accounts = PostgresAccountLedger(database)

    def books(self, account: str) -> Books:
        return self._accounts.books(account)

    def orders(self, account: str, *, newest: int) -> Sequence[OrderRow]:
        return [_order(row) for row in self._rows(_ORDERS, account=account, newest=newest)]

    def strategies(self, account: str, *, since: datetime) -> dict[str, StrategyFacts]:
        fills = {
            row["strategy"]: row["fills"]
            for row in self._rows(_STRATEGIES, account=account, since=since)
        }
        signals = {
            row["strategy"]: (f"{row['action']} {row['symbol']}", row["bar_start"] + MINUTE)
            for row in self._rows(_LAST_SIGNALS, account=account)
        }
        return {
            name: StrategyFacts(fills.get(name, 0), *signals.get(name, ("", None)))
            for name in sorted(fills.keys() | signals.keys())
        }

    def flows(self, account: str, *, since: datetime) -> dict[Holding, DayFlow]:
        return {
            (row["strategy"], row["symbol"]): DayFlow(
                row["cash"],
                row["shares"],
                None if row["opening_price"] is None else Decimal(repr(row["opening_price"])),
            )
            for row in self._rows(_FLOWS, account=account, since=since)
        }

    def curve(self, account: str, *, since: datetime, most: int) -> Sequence[EquityPoint]:
        found = self._rows(_CURVE, account=account, since=since, most=most)
        return [EquityPoint(row["at"], f"{row['equity']:.2f}") for row in found]

    def equity_before(self, account: str, *, at: datetime) -> str:
        found = self._rows(_EQUITY_BEFORE, account=account, at=at)
        return f"{found[0]['equity']:.2f}" if found else ""

    def markers(self, account: str, *, since: datetime, newest: int) -> Sequence[Marker]:
        found = self._rows(_MARKERS, account=account, since=since, newest=newest)
        return [Marker(row["at"], row["kind"], row["text"]) for row in found]

    def bars(self, symbol: str, *, newest: int) -> Sequence[BarRow]:
        return [BarRow(**row) for row in self._rows(_BARS, symbol=symbol, newest=newest)]

    def activity(self, account: str, *, since: datetime) -> Activity:
        row = self._rows(_ACTIVITY, account=account, since=since)[0]
        last_bar = row["last_bar_at"]
        p50, p99 = row["latencies"] or (None, None)
        return Activity(
            bars_seen=row["bars_seen"],
            bars_quarantined=row["bars_quarantined"],
            last_bar_at=None if last_bar is None else last_bar + MINUTE,
            last_reconcile_at=row["last_reconcile_at"],
            latency_p50_ms=None if p50 is None else p50 / 1000,
            latency_p99_ms=None if p99 is None else p99 / 1000,
            waiting_since=row["waiting_since"],
        )

    def events(self, account: str, *, newest: int) -> Sequence[AlertRow]:
        found = self._rows(_EVENTS, account=account, newest=newest, kinds=_TOLD)
        return [_event(row) for row in found]

    def _rows(self, query: str, **values: object) -> list[Row]:
        with self._database.transaction() as connection:
            return connection.execute(query.encode(), values).fetchall()


def _order(row: Row) -> OrderRow:
    average, reference = row["average_price"], row["reference_price"]
    return OrderRow(
        client_order_id=row["client_order_id"],
        at=row["at"],
        strategy=row["strategy"],
        symbol=row["symbol"],
        side=row["side"],
        quantity=_plain(row["quantity"]),
        filled_quantity=_plain(row["filled_quantity"]),
        limit_price=_plain(row["limit_price"]),
        average_price="" if average is None else f"{average:.4f}",
        status=row["status"],
        reason=row["reason"] or "",
        filled_at=row["filled_at"],
        reference_price="" if reference is None else _plain(reference),
        slippage_bps=_slippage(row["side"], average, reference),
    )


def _slippage(side: str, average: Decimal | None, reference: Decimal | None) -> str:
    if average is None or not reference:
        return ""
    worse = average - reference if side == "buy" else reference - average
    return f"{worse / reference * 10_000:.2f}"


def _event(row: Row) -> AlertRow:
    details = " ".join(f"{name}={value}" for name, value in row["payload"].items() if value != "")
    return AlertRow(row["at"], row["kind"], f"{row['ref']} {details}".strip(), row["seq"])


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
