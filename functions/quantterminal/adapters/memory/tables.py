"""The ledger's tables as dictionaries and its journal as a list, for tests.

The in-memory ledgers share one `Tables` as the real ones share one database. Each of their methods
checks first and writes afterwards, so that it is one transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.domain.activities import Activity
from quantterminal.domain.halts import Halt
from quantterminal.domain.journal import Entry, JournalRow, anchor_of, chain, plain
from quantterminal.domain.orders import Execution, Order
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Side, Signal
from quantterminal.ports.ledger import AccountRecord, IntentRecord, Snapshot


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
    realized: Decimal


@dataclass(slots=True)
class Tables:
    """All rows by their primary keys; `fill_keys` is the second unique key of `fills`.

    `journal` is the chain of each account, `noted` when its rows of each kind were appended.
    `holders` hold the halts of an account, who shut one of `doors` is changing them. `now` is the
    database's own clock.
    """

    bars: MemoryBarStore = field(default_factory=MemoryBarStore)
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    halts: dict[tuple[str, str], Halt] = field(default_factory=dict)
    snapshots: dict[tuple[str, str, str], Snapshot] = field(default_factory=dict)
    signals: dict[str, SignalRow] = field(default_factory=dict)
    intents: dict[str, IntentRecord] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    created_at: dict[str, datetime] = field(default_factory=dict)
    working: dict[str, Order] = field(default_factory=dict)
    exposed: dict[str, Order] = field(default_factory=dict)
    fills: dict[str, FillRow] = field(default_factory=dict)
    fill_keys: set[tuple[str, Decimal]] = field(default_factory=set)
    positions: dict[tuple[str, str, str], Position] = field(default_factory=dict)
    equity: dict[tuple[str, datetime], tuple[Decimal, Decimal]] = field(default_factory=dict)
    done_once: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    activities: dict[tuple[str, str], Activity] = field(default_factory=dict)
    journal: dict[str, list[JournalRow]] = field(default_factory=dict)
    noted: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    holders: dict[str, list[object]] = field(default_factory=dict)
    doors: dict[str, object] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def account(self, account: str) -> AccountRecord:
        """The row of an account; LookupError when there is none."""
        row = self.accounts.get(account)
        if row is None:
            raise LookupError(f"Expected an account {account!r} in the ledger, was none")
        return row

    def put_order(self, order: Order) -> None:
        """Write one order's row, whether it works and whether it may move a position."""
        name = order.client_order_id
        self.orders[name] = order
        for index, belongs in (
            (self.working, order.status.is_working),
            (self.exposed, bool(order.exposure)),
        ):
            if belongs:
                index[name] = order
            else:
                index.pop(name, None)

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
        """One row of the journal, behind the last one of its account."""
        values = {key: plain(value) for key, value in payload.items()}
        rows = self.journal.setdefault(account, [])
        entry = Entry(account, at, kind, ref, correlation_id, values)
        rows += chain([entry], after=anchor_of(rows))
        self.noted.setdefault((account, kind), []).append(at)

    def cause(self, order: Order) -> str:
        """The chain that the order belongs to; one that nobody here asked for has none."""
        intent = self.intents.get(order.intent_id)
        return "" if intent is None else intent.correlation_id
