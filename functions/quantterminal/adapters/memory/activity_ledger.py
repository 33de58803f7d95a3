"""The recent past of the in-memory tables, for tests."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal

from quantterminal.adapters.memory.tables import FillRow, Tables
from quantterminal.domain.bars import Bar
from quantterminal.domain.orders import Order, OrderStatus
from quantterminal.domain.risk import Approved
from quantterminal.domain.sessions import new_york_date
from quantterminal.domain.signals import OUR_PREFIX
from quantterminal.domain.strategy_breaker import Outcome
from quantterminal.ports.activity import Flow
from quantterminal.ports.ledger import IntentRecord


class MemoryActivityLedger:
    """Satisfies `ports.activity.ActivityLedger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def approved(
        self, account: str, *, since: datetime, working: Collection[str]
    ) -> list[Approved]:
        return [
            Approved(each.id, each.strategy, each.symbol, each.side, each.quantity, each.bar_end)
            for each in self._approved(account)
            if each.at > since or each.id in working
        ]

    def outcomes(self, account: str, strategy: str, *, since: datetime) -> list[Outcome]:
        fills: dict[str, list[FillRow]] = {}
        for row in self._tables.fills.values():
            fills.setdefault(row.client_order_id, []).append(row)
        found: list[tuple[datetime, Outcome]] = []
        for name, order in self._tables.orders.items():
            intent = self._tables.intents.get(order.intent_id)
            is_asked = (order.account, order.strategy) == (account, strategy)
            if intent is None or not is_asked or self._tables.created_at[name] < since:
                continue
            filled = fills.get(name, [])
            if filled or order.status is OrderStatus.REJECTED:
                first = min((row.execution.at for row in filled), default=order.status_at)
                found.append((first, _outcome(order, intent, filled)))
        return [each for _, each in sorted(found, key=lambda row: (row[0], row[1].intent_id))]

    def flow(self, account: str, *, since: datetime, but: str) -> Flow:
        opened = min(self._tables.noted.get((account, "account"), ()), default=None)

        def is_out(order: Order) -> bool:
            if order.submitted_at is not None and order.submitted_at > since:
                return True
            is_stray = not order.intent_id and order.client_order_id.startswith(OUR_PREFIX)
            return is_stray and opened is not None and order.status_at > max(since, opened)

        orders = [o for o in self._tables.orders.values() if o.account == account]
        return Flow(
            sent=sum(each.client_order_id != but and is_out(each) for each in orders),
            approved=sum(
                each.client_order_id != but and each.valid_until > since
                for each in self._approved(account)
            ),
        )

    def average_volume(self, symbol: str, *, before: datetime, sessions: int) -> Decimal | None:
        after = before - timedelta(days=2 * sessions + 10)
        latest: dict[datetime, Bar] = {}
        for (of, start, _), (bar, _) in sorted(self._tables.bars.bars.items()):
            if of == symbol and after < start < before:
                latest[start] = bar
        by_day: dict[date, Decimal] = {}
        for start, bar in latest.items():
            day = new_york_date(start)
            by_day[day] = by_day.get(day, Decimal(0)) + Decimal(repr(bar.volume))
        newest = sorted(by_day.items(), reverse=True)[:sessions]
        if len(newest) != sessions:
            return None
        return sum((volume for _, volume in newest), Decimal(0)) / sessions

    def _approved(self, account: str) -> list[IntentRecord]:
        return [
            each
            for each in self._tables.intents.values()
            if each.account == account and each.denial_code is None
        ]


def _outcome(order: Order, intent: IntentRecord, filled: list[FillRow]) -> Outcome:
    return Outcome(
        order.intent_id,
        order.symbol,
        order.side,
        intent.bar_end,
        sum((row.realized for row in filled), Decimal(0)) if filled else None,
        is_rejected=order.status is OrderStatus.REJECTED,
    )
