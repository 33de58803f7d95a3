"""Activities that are no trades, and the rows that the invariants are checked on, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from quantterminal.adapters.memory.tables import Tables
from quantterminal.domain.activities import Activity, ActivityKind, share_changes, split_positions
from quantterminal.domain.invariants import Claim, Sums
from quantterminal.domain.positions import Position
from quantterminal.domain.replay import activities_payload

_ZERO = Decimal(0)


class MemoryBrokerRecord:
    """Satisfies `ports.broker_record.BrokerRecord`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def booked_activities(self, account: str) -> frozenset[str]:
        return frozenset(name for owner, name in self._tables.activities if owner == account)

    def book_activities(
        self, account: str, activities: Sequence[Activity], *, at: datetime
    ) -> bool:
        tables, moved = self._tables, self._moved(account, activities)
        row = tables.account(account)
        if (
            any((account, each.id) in tables.activities for each in activities)
            or any(each.kind is ActivityKind.OTHER for each in activities)
            or {symbol for _, symbol in moved} != set(share_changes(activities))
        ):
            return False
        for each in activities:
            tables.activities[(account, each.id)] = each
        tables.append(
            account=account,
            at=at,
            kind="activities",
            ref=activities[0].id,
            payload=activities_payload(activities),
        )
        cash = row.cash + sum((each.cash for each in activities), _ZERO)
        tables.accounts[account] = replace(row, cash=cash, version=row.version + 1)
        tables.positions |= {(account, *holding): each for holding, each in moved.items()}
        return True

    def claims(self, account: str, since: datetime) -> dict[str, Claim]:
        tables, found = self._tables, {}
        for name, order in tables.orders.items():
            intent = tables.intents.get(order.intent_id)
            is_asked = order.status.is_working or tables.created_at[name] > since
            if intent is not None and order.account == account and is_asked:
                found[name] = Claim(
                    client_order_id=name,
                    broker_order_id=order.broker_order_id,
                    strategy=order.strategy,
                    symbol=intent.symbol,
                    side=intent.side,
                    quantity=intent.quantity,
                    limit_price=intent.limit_price,
                    status=order.status,
                    is_approved=intent.denial_code is None,
                    valid_until=intent.valid_until,
                    submitted_at=order.submitted_at,
                    origin=intent.origin,
                )
        return found

    def sums(self, account: str) -> list[Sums]:
        facts: dict[str, Decimal] = {}
        held: dict[str, Decimal] = {}
        for row in self._tables.fills.values():
            if row.account == account:
                signed = row.side.sign * row.execution.quantity
                facts[row.symbol] = facts.get(row.symbol, _ZERO) + signed
        for (owner, _), each in self._tables.activities.items():
            if owner == account and each.shares:
                facts[each.symbol] = facts.get(each.symbol, _ZERO) + each.shares
        for (owner, _, symbol), position in self._tables.positions.items():
            if owner == account:
                held[symbol] = held.get(symbol, _ZERO) + position.quantity
        return [
            Sums(symbol, facts.get(symbol, _ZERO), held.get(symbol, _ZERO))
            for symbol in sorted(facts.keys() | held.keys())
        ]

    def noted_since(self, account: str, kind: str, since: datetime | None) -> int:
        noted = self._tables.noted.get((account, kind), ())
        return sum(since is None or at > since for at in noted)

    def _moved(
        self, account: str, activities: Sequence[Activity]
    ) -> dict[tuple[str, str], Position]:
        moved: dict[tuple[str, str], Position] = {}
        for symbol, shares in sorted(share_changes(activities).items()):
            held = {
                strategy: position
                for (owner, strategy, of), position in sorted(self._tables.positions.items())
                if (owner, of) == (account, symbol)
            }
            after = split_positions(held, shares)
            if after is not None:
                moved |= {(strategy, symbol): each for strategy, each in after.items()}
        return moved
