"""Reconcile against a broker about which we hear late, twice, or nothing at all.

Whatever happened since, one pass makes our books the broker's, and the next one finds nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from quantterminal.adapters.memory.account_ledger import MemoryAccountLedger
from quantterminal.adapters.memory.activity_ledger import MemoryActivityLedger
from quantterminal.adapters.memory.broker import MemoryBroker
from quantterminal.adapters.memory.broker_record import MemoryBrokerRecord
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.evaluation_ledger import MemoryEvaluationLedger
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.halt_ledger import MemoryHaltLedger
from quantterminal.adapters.memory.intent_ledger import MemoryIntentLedger
from quantterminal.adapters.memory.order_ledger import MemoryOrderLedger
from quantterminal.adapters.memory.state_store import MemoryStateStore
from quantterminal.adapters.memory.tables import Tables
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.activities import Activity, ActivityKind
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.halts import HaltCode
from quantterminal.domain.orders import Order, OrderStatus, OrderUpdate, move
from quantterminal.domain.risk import HaltLevel, Origin
from quantterminal.domain.signals import Side, client_order_id, intent_id
from quantterminal.ports.broker import NewOrder
from quantterminal.services.announce import Announcer
from quantterminal.services.apply_update import UpdateRuntime, apply_update
from quantterminal.services.guard_strategy import StrategyGuard
from quantterminal.services.halting import HaltDesk
from quantterminal.services.reconcile import Found, ReconcileRuntime, Reconciliation, reconcile
from quantterminal.services.working_state import load_state
from tests.contract import ledger_rows
from tests.machines.counting import CountingMachine

_ACCOUNT = "demo"
_START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
_CASH = Decimal(10_000_000)
_SYMBOLS = ("SPY", "IBM", "BAC")
_TRADING = TradingConfig(account=_ACCOUNT, mode=Mode.SIMULATED, symbols=_SYMBOLS, strategies=())

_symbols = st.sampled_from(_SYMBOLS)
_sides = st.sampled_from(Side)
_shares = st.integers(1, 60)
_prices = st.integers(9_000, 11_000).map(lambda cents: f"{cents / 100:.2f}")


class ReconciledBooks(CountingMachine):
    """The broker's own books are the truth; ours are whatever got through."""

    def __init__(self) -> None:
        super().__init__()
        tables = Tables()
        self.clock = MemoryClock(_START)
        self.broker = MemoryBroker(self.clock, cash=_CASH)
        self.telemetry = MemoryTelemetry()
        self.state = MemoryStateStore()
        self.accounts = MemoryAccountLedger(tables)
        self.orders = MemoryOrderLedger(tables)
        self.intents = MemoryIntentLedger(tables)
        self.signals = MemoryEvaluationLedger(tables)
        self.halts = MemoryHaltLedger(tables)
        self.accounts.open_account(_ACCOUNT, cash=_CASH, at=_START)
        self.runtime = self._runtime(tables)
        self.asked = 0
        self.happened = 0

    @rule(symbol=_symbols, side=_sides, arrives=st.booleans(), answered=st.booleans())
    def we_order(self, symbol: str, side: Side, *, arrives: bool, answered: bool) -> None:
        order = self._approved(symbol, side)
        sent = replace(
            move(order, OrderStatus.SUBMITTING, at=self.clock.now()), submitted_at=self.clock.now()
        )
        self.orders.save(sent, at=self.clock.now(), note="submit")
        if arrives:
            accepted = self.broker.submit(
                NewOrder(order.client_order_id, symbol, side, order.quantity, order.limit_price)
            )
            if answered:
                apply_update(accepted, source="submit", runtime=self.runtime.updates)

    @rule(symbol=_symbols, side=_sides, shares=_shares, price=_prices)
    def somebody_orders_by_hand(self, symbol: str, side: Side, shares: int, price: str) -> None:
        self.broker.order_by_hand(symbol, side, shares, price)

    @precondition(lambda self: self._working())
    @rule(data=st.data(), shares=_shares, price=_prices)
    def the_exchange_fills(self, data: st.DataObject, shares: int, price: str) -> None:
        order = data.draw(st.sampled_from(self._working()), label="order")
        left = int(order.quantity - order.filled_quantity)
        self.broker.fill(order.client_order_id, min(shares, left), price)

    @precondition(lambda self: self._working())
    @rule(data=st.data())
    def the_exchange_cancels(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self._working()), label="order")
        self.broker.finish_cancel(order.client_order_id)

    @rule(cents=st.integers(-5_000, 5_000), symbol=_symbols)
    def cash_moves_without_a_trade(self, cents: int, symbol: str) -> None:
        self._act(ActivityKind.CASH, "DIV", symbol, cash=Decimal(cents) / 100)

    @precondition(lambda self: self.broker.positions())
    @rule(data=st.data(), factor=st.integers(2, 4))
    def shares_are_split(self, data: st.DataObject, factor: int) -> None:
        self._reconcile()  # a split applies to what is held overnight, when the books agree
        held = self.broker.positions()
        symbol = data.draw(st.sampled_from(sorted(held)), label="symbol")
        self._act(ActivityKind.SPLIT, "SPLIT", symbol, shares=held[symbol] * (factor - 1))
        self._reconcile()

    @precondition(lambda self: self.broker.stream)
    @rule(data=st.data())
    def the_stream_tells(self, data: st.DataObject) -> None:
        """Any fact that was ever told: so facts come late, twice, out of order or never."""
        update = data.draw(st.sampled_from(self.broker.stream), label="told")
        apply_update(update, source="stream", runtime=self.runtime.updates)

    @rule()
    def the_working_state_is_lost(self) -> None:
        self.state.clear(_ACCOUNT)

    @rule()
    def it_is_reconciled(self) -> None:
        self._reconcile()

    @invariant()
    def the_working_state_equals_the_ledger(self) -> None:
        shown = load_state(_ACCOUNT, state=self.state, accounts=self.accounts)
        books = self.accounts.books(_ACCOUNT)
        assert shown.cash == books.account.cash
        held = {key: each.quantity for key, each in books.positions.items()}
        assert {key: each.quantity for key, each in shown.positions.items()} == held

    @invariant()
    def no_fill_is_booked_that_the_broker_does_not_have(self) -> None:
        theirs = {
            (fill.broker_order_id, fill.execution.cumulative)
            for fill in self.broker.fills_since(_START - timedelta(days=1))
        }
        assert self.orders.known(_ACCOUNT, _START - timedelta(days=1)).fills <= theirs

    @invariant()
    def only_an_order_of_unknown_fate_stops_a_symbol(self) -> None:
        halted = [each for each in self.halts.halts(_ACCOUNT) if each.level is not HaltLevel.ACTIVE]
        assert {each.code for each in halted} <= {HaltCode.UNKNOWN_SUBMIT}

    def teardown(self) -> None:
        self._reconcile()

    def _reconcile(self) -> None:
        self._later()
        first = self._pass()
        assert first.agrees, first
        held = self._held()
        assert held == self.broker.positions()
        assert self.accounts.books(_ACCOUNT).account.cash == self.broker.account().cash
        again = self._pass()
        assert again.agrees
        assert again.changed_nothing, again.differences
        assert self._held() == held

    def _pass(self) -> Reconciliation:
        result = reconcile(runtime=self.runtime)
        left = {Found.UNKNOWN_ACTIVITY, Found.UNKNOWN_CASH, Found.UNKNOWN_POSITION}
        assert not left & {each.found for each in result.differences}, result.differences
        return result

    def _held(self) -> dict[str, Decimal]:
        held: dict[str, Decimal] = {}
        for (_, symbol), each in self.accounts.books(_ACCOUNT).positions.items():
            held[symbol] = held.get(symbol, Decimal(0)) + each.quantity
        return {symbol: shares for symbol, shares in held.items() if shares}

    def _working(self) -> list[OrderUpdate]:
        return list(self.broker.open_orders())

    def _later(self) -> None:
        self.clock.forward(timedelta(seconds=7))

    def _act(self, kind: ActivityKind, name: str, symbol: str, **change: Decimal) -> None:
        self._later()
        self.happened += 1
        activity = Activity(f"a-{self.happened}", kind, name, symbol, self.clock.now(), **change)
        self.broker.act(activity)

    def _approved(self, symbol: str, side: Side) -> Order:
        self._later()
        self.asked += 1
        cause = ledger_rows.signal(symbol, ordinal=self.asked)
        name = intent_id(cause, 0)
        record = replace(
            ledger_rows.intent(_ACCOUNT, symbol, side=side, ordinal=self.asked),
            client_order_id=client_order_id(_ACCOUNT, name, signal=cause, side=side),
            valid_until=self.clock.now() + timedelta(seconds=60),
            at=self.clock.now(),
        )
        self.signals.record_signal(
            _ACCOUNT, cause, origin=Origin.STRATEGY, correlation_id="bars:1", at=record.at
        )
        generation = self.accounts.books(_ACCOUNT).account.generation
        self.intents.record_intent(record, generation=generation)
        order = self.orders.order(record.client_order_id)
        assert order is not None
        return order

    def _runtime(self, tables: Tables) -> ReconcileRuntime:
        announcer = Announcer(_ACCOUNT, MemoryEventBus(), self.clock, self.telemetry)
        desk = HaltDesk(_ACCOUNT, self.halts, self.state, self.clock, announcer)
        activity = MemoryActivityLedger(tables)
        updates = UpdateRuntime(
            trading=_TRADING,
            clock=self.clock,
            bus=MemoryBus(),
            orders=self.orders,
            accounts=self.accounts,
            state=self.state,
            announcer=announcer,
            telemetry=self.telemetry,
            guard=StrategyGuard(_TRADING, activity, self.accounts, desk),
        )
        return ReconcileRuntime(
            books=self.broker,
            gateway=self.broker,
            accounts=self.accounts,
            record=MemoryBrokerRecord(tables),
            updates=updates,
            halts=desk,
        )
