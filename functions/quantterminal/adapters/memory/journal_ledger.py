"""The journal of the in-memory tables and what it must lead to, for tests."""

from quantterminal.adapters.memory.tables import FillRow, Tables
from quantterminal.domain.journal import Anchor, anchor_of
from quantterminal.domain.replay import AccountNumbers, Fill, JournaledBooks
from quantterminal.ports.journal import AuditMaterial


class MemoryJournalLedger:
    """Satisfies `ports.journal.Journal`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def material(self, account: str) -> AuditMaterial:
        return AuditMaterial(list(self._tables.journal.get(account, ())), self._books(account))

    def head(self, account: str) -> Anchor | None:
        return anchor_of(self._tables.journal.get(account, ()))

    def _books(self, account: str) -> JournaledBooks:
        tables = self._tables
        return JournaledBooks(
            numbers=self._numbers(account),
            orders={name: each for name, each in tables.orders.items() if each.account == account},
            fills={
                name: _fill(row) for name, row in tables.fills.items() if row.account == account
            },
            positions={
                (strategy, symbol): position
                for (owner, strategy, symbol), position in tables.positions.items()
                if owner == account
            },
            halts={
                scope: halt for (owner, scope), halt in tables.halts.items() if owner == account
            },
        )

    def _numbers(self, account: str) -> AccountNumbers | None:
        row = self._tables.accounts.get(account)
        if row is None:
            return None
        names = AccountNumbers.__dataclass_fields__
        return AccountNumbers(**{name: getattr(row, name) for name in names})


def _fill(row: FillRow) -> Fill:
    execution = row.execution
    return Fill(
        execution_id=execution.execution_id,
        client_order_id=row.client_order_id,
        broker_order_id=row.broker_order_id,
        strategy=row.strategy,
        symbol=row.symbol,
        side=row.side,
        quantity=execution.quantity,
        price=execution.price,
        cumulative=execution.cumulative,
        at=execution.at,
        source=row.source,
    )
