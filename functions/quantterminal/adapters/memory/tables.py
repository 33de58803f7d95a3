"""The ledger's tables as dictionaries and its journal as a list, for tests.

The in-memory ledgers share one `Tables` as the real ones share one database. Each of their methods
checks first and writes afterwards, so that it is one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.domain.halts import Halt
from quantterminal.domain.orders import Execution, Order
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Side, Signal
from quantterminal.ports.ledger import AccountRecord, IntentRecord, Snapshot


@dataclass(frozen=True, slots=True)
class JournalRow:
    seq: int
    account: str
    at: datetime
    kind: str
    ref: str
    correlation_id: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SignalRow:
    signal: Signal
    account: str
    origin: Origin
    correlation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FillRow:
    execution: Execution
    client_order_id: str
    broker_order_id: str
    account: str
    strategy: str
    symbol: str
    side: Side
    source: str


@dataclass(slots=True)
class Tables:
    """All rows by their primary keys; `fill_keys` is the second unique key of `fills`."""

    bars: MemoryBarStore = field(default_factory=MemoryBarStore)
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    halts: dict[tuple[str, str], Halt] = field(default_factory=dict)
    snapshots: dict[tuple[str, str, str], Snapshot] = field(default_factory=dict)
    signals: dict[str, SignalRow] = field(default_factory=dict)
    intents: dict[str, IntentRecord] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    created_at: dict[str, datetime] = field(default_factory=dict)
    working: dict[str, Order] = field(default_factory=dict)
    fills: dict[str, FillRow] = field(default_factory=dict)
    fill_keys: set[tuple[str, Decimal]] = field(default_factory=set)
    positions: dict[tuple[str, str, str], Position] = field(default_factory=dict)
    equity: dict[tuple[str, datetime], tuple[Decimal, Decimal]] = field(default_factory=dict)
    done_once: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    journal: list[JournalRow] = field(default_factory=list)
    last_noted: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def account(self, account: str) -> AccountRecord:
        """The row of an account; LookupError when there is none."""
        row = self.accounts.get(account)
        if row is None:
            raise LookupError(f"Expected an account {account!r} in the ledger, was none")
        return row

    def put_order(self, order: Order) -> None:
        """Write one order's row, and whether it works."""
        self.orders[order.client_order_id] = order
        if order.status.is_working:
            self.working[order.client_order_id] = order
        else:
            self.working.pop(order.client_order_id, None)

    def append(
        self,
        *,
        account: str,
        at: datetime,
        kind: str,
        ref: str,
        payload: Mapping[str, object],
        correlation_id: str = "",
    ) -> None:
        """One row of the journal."""
        seq = len(self.journal) + 1
        self.journal.append(JournalRow(seq, account, at, kind, ref, correlation_id, payload))
        key = (account, kind)
        self.last_noted[key] = max(at, self.last_noted.get(key, at))
