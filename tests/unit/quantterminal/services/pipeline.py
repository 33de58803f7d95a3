"""The services of the pipeline on the real stores, with a bus, a broker and a clock in memory."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.memory.broker import MemoryBroker
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.corporate_actions import MemoryCorporateActions
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.gate import MemoryGate
from quantterminal.adapters.memory.quotes import MemoryFeedBoard, MemoryQuoteBoard
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.activity_ledger import PostgresActivityLedger
from quantterminal.adapters.postgres.bar_store import PostgresBarStore
from quantterminal.adapters.postgres.broker_record import PostgresBrokerRecord
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.evaluation_ledger import PostgresEvaluationLedger
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.adapters.postgres.intent_ledger import PostgresIntentLedger
from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
from quantterminal.adapters.postgres.view_ledger import PostgresViewLedger
from quantterminal.adapters.redis.connection import connect
from quantterminal.adapters.redis.snapshot_store import RedisSnapshotStore
from quantterminal.adapters.redis.state_store import RedisStateStore
from quantterminal.adapters.wire.frames import encode_frame
from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.events import (
    AssessSignal,
    BusinessEvent,
    CancelOrders,
    EventName,
    Message,
    MinuteClosed,
    SubmitOrder,
)
from quantterminal.domain.orders import Order
from quantterminal.domain.risk import Origin, RiskLimits
from quantterminal.domain.signals import Action, Signal, intent_id
from quantterminal.domain.strategy import Context, MinuteContext
from quantterminal.ports.ledger import IntentRecord
from quantterminal.ports.state import WorkingState
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.announce import Announcer
from quantterminal.services.api_requests import ApiRuntime
from quantterminal.services.apply_update import UpdateRuntime, apply_update
from quantterminal.services.assess_risk import RiskRuntime, assess_signal
from quantterminal.services.dashboard import DashboardRuntime
from quantterminal.services.evaluate_bar import StrategyRuntime, evaluate_minute
from quantterminal.services.flatten import FlattenRuntime
from quantterminal.services.guard_strategy import StrategyGuard
from quantterminal.services.halting import HaltDesk
from quantterminal.services.reconcile import ReconcileRuntime
from quantterminal.services.session_day import SessionRuntime
from quantterminal.services.submit_order import ExecutionRuntime, submit_order
from quantterminal.services.sweep_orders import cancel_orders
from quantterminal.services.working_state import load_state
from quantterminal.topology import ORDERS, SIGNALS
from quantzoo.strategy import MinuteStrategy, Strategy

OPEN = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
CASH = Decimal(100_000)
_accounts = itertools.count(1)


class Eager(Strategy):
    """Asks for ten shares on each bar; remembers how many bars it has seen."""

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.seen = 0

    def on_bar(self, ctx: Context, bar: Bar) -> None:  # noqa: ARG002  the contract's signature
        self.seen += 1
        ctx.buy(10, reason=f"bar {self.seen}")


class Together(MinuteStrategy):
    """Asks for a share of all that traded, on each minute; says which minute it is."""

    def on_start(self, ctx: MinuteContext) -> None:  # noqa: ARG002  the contract's signature
        self.seen = 0

    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        self.seen += 1
        for symbol in bars:
            ctx[symbol].buy(1, reason=f"minute {self.seen}")


EAGER = StrategyConfig("eager", f"{__name__}:Eager")
TOGETHER = StrategyConfig("together", f"{__name__}:Together")


def trading(*, symbols: tuple[str, ...] = ("SPY", "IBM"), **more: object) -> TradingConfig:
    # a test's order may be as large as a position
    limits = RiskLimits(max_order_fraction=RiskLimits().max_position_fraction)
    values = {"strategies": (EAGER,), "limits": limits} | more
    account = f"account{next(_accounts)}"
    return TradingConfig(account=account, mode=Mode.SIMULATED, symbols=symbols, **values)  # type: ignore[arg-type]  # a test's own words


def minute_closed(number: int, closes: dict[str, float], *, account: str) -> Message:
    """The message of the `number`-th minute after the open."""
    start = OPEN + number * MINUTE
    bars = tuple(Bar(s, start, p, p, p, p, 1000.0) for s, p in sorted(closes.items()))
    name = f"bars:{start.isoformat()}"
    return Message(name, name, name, start + MINUTE, MinuteClosed(account, 0, start, bars))


class Pipeline:
    """One account. `connection()` is a second worker on the same stores."""

    def __init__(
        self, database: str, valkey: str, config: TradingConfig, *, of: "Pipeline | None" = None
    ) -> None:
        self._urls = database, valkey
        self.trading = config
        self.account = config.account
        self.clock = of.clock if of else MemoryClock(OPEN)
        self.bus = of.bus if of else MemoryBus()
        self.event_bus = of.event_bus if of else MemoryEventBus()
        self.telemetry = of.telemetry if of else MemoryTelemetry()
        self.gate = of.gate if of else MemoryGate(monotonic=lambda: 0.0)
        self.broker = of.broker if of else MemoryBroker(self.clock, cash=CASH)
        self.quotes = of.quotes if of else MemoryQuoteBoard()
        self.feed_board = of.feed_board if of else MemoryFeedBoard()
        self.archive = of.archive if of else MemoryArchive()
        self.database = Database(lambda: database)
        self.valkey = connect(valkey)
        self.state = RedisStateStore(self.valkey)
        self.snapshots = RedisSnapshotStore(self.valkey)
        self.accounts = PostgresAccountLedger(self.database)
        self.orders = PostgresOrderLedger(self.database)
        self.activity = PostgresActivityLedger(self.database)
        self.intents = PostgresIntentLedger(self.database)
        self.record = PostgresBrokerRecord(self.database)
        self.evaluations = PostgresEvaluationLedger(self.database)
        self.halt_ledger = PostgresHaltLedger(self.database)
        self.bars = PostgresBarStore(self.database)
        self.actions = of.actions if of else MemoryCorporateActions()
        self.gate.keep(StreamState.LIVE)
        self._build()
        self._handled = 0

    def _build(self) -> None:
        shared = {"trading": self.trading, "clock": self.clock, "accounts": self.accounts}
        shared |= {"state": self.state}
        self.announcer = Announcer(self.account, self.event_bus, self.clock, self.telemetry)
        self.halts = HaltDesk(
            self.account, self.halt_ledger, self.state, self.clock, self.announcer
        )
        told = {"announcer": self.announcer, "telemetry": self.telemetry}
        self.session = SessionRuntime(
            **shared, bus=self.bus, halts=self.halts, announcer=self.announcer
        )
        self.strategy = StrategyRuntime(
            **shared,
            bus=self.bus,
            ledger=self.evaluations,
            snapshots=self.snapshots,
            halts=self.halts,
            session=self.session,
            actions=self.actions,
            telemetry=self.telemetry,
        )
        self.risk = RiskRuntime(
            **shared, **told, bus=self.bus, ledger=self.intents, activity=self.activity
        )
        self.guard = StrategyGuard(self.trading, self.activity, self.accounts, self.halts)
        self.updates = UpdateRuntime(
            **shared, **told, bus=self.bus, orders=self.orders, guard=self.guard
        )
        self.execution = ExecutionRuntime(
            **shared,
            **told,
            orders=self.orders,
            activity=self.activity,
            halts=self.halt_ledger,
            gate=self.gate,
            broker=self.broker,
            updates=self.updates,
        )
        self._build_desk(shared)

    def _build_desk(self, shared: dict[str, object]) -> None:
        self.reconciling = ReconcileRuntime(
            books=self.broker,
            gateway=self.broker,
            accounts=self.accounts,
            record=self.record,
            updates=self.updates,
            halts=self.halts,
        )
        self.flattening = FlattenRuntime(
            **shared,
            bus=self.bus,
            signals=self.evaluations,
            halts=self.halts,
            quotes=self.quotes,
        )
        self.dashboard = DashboardRuntime(
            trading=self.trading,
            clock=self.clock,
            ledger=PostgresViewLedger(self.database),
            days=PostgresReportLedger(self.database),
            quotes=self.quotes,
            gate=self.gate,
            feed_board=self.feed_board,
            encode=encode_frame,
            source="test",
            speed="none",
        )
        self.api = ApiRuntime(
            dashboard=self.dashboard,
            accounts=self.accounts,
            orders=self.orders,
            flattening=self.flattening,
            archive=self.archive,
            telemetry=self.telemetry,
        )

    def connection(self) -> "Pipeline":
        return Pipeline(*self._urls, self.trading, of=self)

    def close(self) -> None:
        self.database.close()
        self.valkey.close()

    def minute(self, number: int, **closes: float) -> int:
        """The bars of one minute, stored and evaluated just after its end."""
        message = minute_closed(number, closes, account=self.account)
        self.clock.set(message.occurred_at + timedelta(seconds=1))
        self.bars.store(message.payload.bars, source="test")
        return self.evaluate(message)

    def evaluate(self, message: Message) -> int:
        return evaluate_minute(message, message.payload, runtime=self.strategy)

    def mark(self, number: int, **closes: float) -> None:
        """The bars of one minute, without anything coming of what the strategy asks for."""
        self.minute(number, **closes)
        self._handled = len(self.bus.sent)

    def ask(
        self,
        symbol: str = "SPY",
        *,
        action: Action = Action.BUY,
        quantity: int | None = 10,
        price: float = 100.0,
        ordinal: int = 0,
    ) -> Message:
        """A recorded signal on the last closed bar, as a message to risk."""
        bar_start = self.clock.now().replace(second=0) - MINUTE
        signal = Signal("eager", "1", symbol, bar_start, ordinal, action, quantity, price, "test")
        self.evaluations.record_signal(
            self.account,
            signal,
            origin=Origin.STRATEGY,
            correlation_id="bars:test",
            at=self.clock.now(),
        )
        name = f"assess:{intent_id(signal, 0)}"
        return Message(
            name, "bars:test", "bars:test", self.clock.now(), AssessSignal(self.account, signal)
        )

    def assess(self, message: Message) -> IntentRecord:
        return assess_signal(message, message.payload, runtime=self.risk)

    def approved(self, symbol: str = "SPY", **more: object) -> SubmitOrder:
        """The request to submit that an approved signal ends in."""
        intent = self.assess(self.ask(symbol, **more))  # type: ignore[arg-type]  # a test's own words
        assert intent.denial_code is None, intent.denial_text
        return SubmitOrder(self.account, intent.id, intent.client_order_id)

    def submit(self, request: SubmitOrder) -> Order:
        return submit_order(request, runtime=self.execution)

    def working(self, symbol: str = "SPY", **more: object) -> Order:
        """An order that the broker has accepted."""
        return self.submit(self.approved(symbol, **more))

    def bought(self, symbol: str, quantity: int, price: str) -> Order:
        """A position that the strategy has entered at that price, in all the books."""
        order = self.working(symbol, quantity=quantity, price=float(price))
        fill = self.broker.fill(order.client_order_id, quantity, price)
        return apply_update(fill, source="stream", runtime=self.updates).order

    def pump(self) -> None:
        """Hand on what was sent since the last time, until nothing more is."""
        while self._handled < len(self.bus.sent):
            each = self.bus.sent[self._handled]
            self._handled += 1
            match each.message.payload:
                case AssessSignal():
                    self.assess(each.message)
                case SubmitOrder() as request:
                    self.submit(request)
                case CancelOrders() as request:
                    cancel_orders(
                        request.client_order_id,
                        request.reason,
                        runtime=self.execution,
                        scope=request.scope,
                    )

    def sent(self, queue: str) -> list[Message]:
        return self.bus.messages(queue)

    def signals(self) -> list[Message]:
        return self.sent(SIGNALS)

    def submits(self) -> list[SubmitOrder]:
        payloads = [each.payload for each in self.sent(ORDERS)]
        return [each for each in payloads if isinstance(each, SubmitOrder)]

    def events(self, name: EventName) -> list[BusinessEvent]:
        payloads = [each.payload for each in self.event_bus.published]
        return [each for each in payloads if isinstance(each, BusinessEvent) and each.name is name]

    def loaded(self) -> WorkingState:
        return load_state(self.account, state=self.state, accounts=self.accounts)

    def forget_state(self) -> None:
        """Everything of this account in the working state goes."""
        for key in self.valkey.scan_iter(match=f"{{{self.account}}}:*"):
            self.valkey.delete(key)
