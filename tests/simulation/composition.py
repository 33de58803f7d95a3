"""The composition root of the simulation: the real services and handlers on ports that can fail.

While a session runs, `quantterminal.bootstrap` hands out the runtimes of the process whose actor is
running, so that the handlers are the deployed ones.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from quantterminal import bootstrap, topology
from quantterminal.adapters.alpaca.client import AlpacaBroker
from quantterminal.adapters.memory.account_ledger import MemoryAccountLedger
from quantterminal.adapters.memory.activity_ledger import MemoryActivityLedger
from quantterminal.adapters.memory.broker_record import MemoryBrokerRecord
from quantterminal.adapters.memory.corporate_actions import MemoryCorporateActions
from quantterminal.adapters.memory.evaluation_ledger import MemoryEvaluationLedger
from quantterminal.adapters.memory.halt_ledger import Hold, MemoryHaltLedger
from quantterminal.adapters.memory.intent_ledger import MemoryIntentLedger
from quantterminal.adapters.memory.order_ledger import MemoryOrderLedger
from quantterminal.adapters.memory.state_store import MemoryStateStore
from quantterminal.adapters.memory.tables import Tables
from quantterminal.adapters.sqs.queue_bus import SqsBus
from quantterminal.adapters.sqs.redelivery import SqsRedelivery
from quantterminal.adapters.wire.codec import decode
from quantterminal.bootstrap import Edge
from quantterminal.domain.configuration import TradingConfig
from quantterminal.services.announce import Announcer
from quantterminal.services.api_requests import ApiRuntime
from quantterminal.services.apply_update import UpdateRuntime
from quantterminal.services.assess_risk import RiskRuntime
from quantterminal.services.evaluate_bar import StrategyRuntime
from quantterminal.services.flatten import FlattenRuntime
from quantterminal.services.guard_strategy import StrategyGuard
from quantterminal.services.halting import HaltDesk
from quantterminal.services.ingest import IngestPorts
from quantterminal.services.reconcile import ReconcileRuntime
from quantterminal.services.session_day import SessionRuntime
from quantterminal.services.submit_order import ExecutionRuntime
from tests.simulation import chaos as contracts
from tests.simulation.chaos import Chaos, Contract
from tests.simulation.faults import Fault
from tests.simulation.loop import Crash, Loop
from tests.simulation.models.container import ContainerPorts
from tests.simulation.models.fifo import FifoQueue, SqsCalls, timed_out, url
from tests.simulation.models.surroundings import Cache, Events, History, Telemetry, VirtualClock
from tests.simulation.models.transport import Wire

_MONEY = frozenset(
    topology.queue(name).consumer for name in (topology.ORDERS, topology.ORDER_UPDATES)
)
_READ, _WRITE = contracts.LEDGER_READ, contracts.LEDGER_WRITE
_ORDERS = {
    "order": _READ, "intent_of": _READ, "working_orders": _READ, "known": _READ,
    "save": _WRITE, "apply": _WRITE,
}  # fmt: skip
_ACCOUNTS = {
    "books": _READ, "holdings": _READ, "rebuild": _WRITE, "begin_session": _WRITE,
    "reset_high_water": _WRITE,
    "begun": _WRITE, "once": _WRITE, "is_done": _READ, "last_noted": _READ, "note": _WRITE,
}  # fmt: skip
_EVALUATIONS = {
    "snapshots": _READ, "record_evaluation": _WRITE, "signals_of": _READ, "record_signal": _WRITE,
}  # fmt: skip
_ACTIVITY = dict.fromkeys(("approved", "outcomes", "flow", "average_volume"), _READ)
_RECORD = {
    "booked_activities": _READ, "book_activities": _WRITE, "claims": _READ, "sums": _READ,
    "noted_since": _READ,
}  # fmt: skip
_STATE = dict.fromkeys(
    ("read", "clear", "rebuild", "reserve", "release", "project", "project_order", "put_marks",
     "raise_high_water", "put_halts", "snapshots", "put_snapshots"),
    contracts.STATE,
)  # fmt: skip
_BARS = {"store": _WRITE, "quarantine": _WRITE, "last_minute": _READ, "minutes": _READ}
SEND = Contract(
    {Fault.SEND_LOST: timed_out, Fault.SEND_UNKNOWN: timed_out}, (0.003, 0.03), timeout_s=5.0
)
_FEED = Contract({}, (0.05, 0.5))


@dataclass(slots=True)
class Stores:
    """What outlives every process."""

    tables: Tables
    state: MemoryStateStore
    cache: Cache
    queues: dict[str, FifoQueue]
    history: History


@dataclass(slots=True)
class Ports:
    """All ports of the product, through the chaos."""

    orders: Any
    intents: Any
    evaluations: Any
    halts: Any
    accounts: Any
    activity: Any
    record: Any
    bars: Any
    state: Any
    gate: Any
    watermarks: Any
    quotes: Any
    events: Any
    history: Any
    bus: SqsBus
    redelivery: SqsRedelivery


@dataclass(slots=True)
class Composition:
    """Builds the runtimes of a process."""

    loop: Loop
    chaos: Chaos
    trading: TradingConfig
    wire: Wire
    telemetry: Telemetry
    ports: Ports
    releases: dict[str, str] = field(default_factory=dict)
    clock: VirtualClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.loop)

    def build(self, role: str) -> dict[str, Any]:
        """The runtimes that a function of that name, or the container, asks `bootstrap` for."""
        builders = {
            "strategy": self._strategy,
            "risk": self._risk,
            "execution": self._execution,
            "order_updates": self._updates,
            "reconcile": self._reconciling,
            "session": self._session,
            "api": self._api,
            "ingest": self._container,
        }
        halts = self._halts() if role in _MONEY else None
        edge = Edge(self.telemetry, self.ports.redelivery, self._announcer(), decode, halts)  # type: ignore[arg-type]  # counts like Powertools'
        return {"edge": edge, role: builders[role]()}

    def _shared(self) -> dict[str, Any]:
        return {
            "trading": self.trading,
            "clock": self.clock,
            "accounts": self.ports.accounts,
            "state": self.ports.state,
        }

    def _told(self) -> dict[str, Any]:
        return {"announcer": self._announcer(), "telemetry": self.telemetry}

    def _announcer(self) -> Announcer:
        return Announcer(self.trading.account, self.ports.events, self.clock, self.telemetry)

    def _halts(self) -> HaltDesk:
        ports = self.ports
        return HaltDesk(
            self.trading.account, ports.halts, ports.state, self.clock, self._announcer()
        )

    def _broker(self) -> AlpacaBroker:
        line = self.wire.line()
        key_id, secret_key = line.keys
        return AlpacaBroker(
            base_url="https://broker.local",
            key_id=key_id,
            secret_key=secret_key,
            draw=self.draw,
            sleep=self.loop.pause,
            unix_now=self._unix_now,
            transport=line.request,
            telemetry=self.telemetry,
            fresh_keys=line.fresh_keys,
        )

    def _unix_now(self) -> float:
        return self.loop.now.timestamp()

    def draw(self) -> float:
        return self.loop.tape.seconds("jitter", 0.0, 0.999)

    def _strategy(self) -> StrategyRuntime:
        return StrategyRuntime(
            **self._shared(),
            bus=self.ports.bus,
            ledger=self.ports.evaluations,
            snapshots=self.ports.state,
            halts=self._halts(),
            session=self._session(),
            actions=MemoryCorporateActions(),
            telemetry=self.telemetry,
        )

    def _risk(self) -> RiskRuntime:
        return RiskRuntime(
            **self._shared(),
            **self._told(),
            bus=self.ports.bus,
            ledger=self.ports.intents,
            activity=self.ports.activity,
            release=self.releases.get("risk", ""),
        )

    def _updates(self) -> UpdateRuntime:
        return UpdateRuntime(
            **self._shared(),
            **self._told(),
            bus=self.ports.bus,
            orders=self.ports.orders,
            guard=StrategyGuard(
                self.trading, self.ports.activity, self.ports.accounts, self._halts()
            ),
        )

    def _execution(self) -> ExecutionRuntime:
        return ExecutionRuntime(
            **self._shared(),
            **self._told(),
            orders=self.ports.orders,
            activity=self.ports.activity,
            halts=self.ports.halts,
            gate=self.ports.gate,
            broker=self._broker(),
            updates=self._updates(),
            release=self.releases.get("execution", ""),
        )

    def _reconciling(self) -> ReconcileRuntime:
        broker = self._broker()
        return ReconcileRuntime(
            books=broker,
            gateway=broker,
            accounts=self.ports.accounts,
            record=self.ports.record,
            updates=self._updates(),
            halts=self._halts(),
        )

    def _session(self) -> SessionRuntime:
        return SessionRuntime(
            **self._shared(), bus=self.ports.bus, halts=self._halts(), announcer=self._announcer()
        )

    def _api(self) -> ApiRuntime:
        flattening = FlattenRuntime(
            **self._shared(),
            bus=self.ports.bus,
            signals=self.ports.evaluations,
            halts=self._halts(),
            quotes=self.ports.quotes,
        )
        return ApiRuntime(
            dashboard=None,  # type: ignore[arg-type]  # no command looks at it
            accounts=self.ports.accounts,
            orders=self.ports.orders,
            flattening=flattening,
            archive=None,  # type: ignore[arg-type]  # no command looks at it
            telemetry=self.telemetry,
        )

    def _container(self) -> ContainerPorts:
        ports = self.ports
        ingest = IngestPorts(
            bus=ports.bus,
            bar_store=ports.bars,
            watermarks=ports.watermarks,
            quotes=ports.quotes,
            history=ports.history,
            telemetry=self.telemetry,
        )
        return ContainerPorts(
            trading=self.trading,
            clock=self.clock,
            bus=ports.bus,
            gate=ports.gate,
            ingest=ingest,
            recovering=self._reconciling(),
            stream_keys=lambda: self.wire.broker.vault,
            telemetry=self.telemetry,
            draw=self.draw,
        )


class SqsClient:
    """boto3's client for the adapters, through the chaos."""

    def __init__(self, chaos: Chaos, calls: SqsCalls) -> None:
        self._chaos = chaos
        self._calls = calls

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        url, entries = request["QueueUrl"], request["Entries"]
        most = len(entries)
        if most > 1 and self._chaos.happens(Fault.SEND_PARTIAL, "sqs.send"):
            most //= 2
        answer: dict[str, Any] = self._chaos.call(
            f"sqs.send {url.rsplit('/', 1)[-1]}",
            SEND,
            lambda: self._calls.send(url, entries, most=most),
        )
        return answer

    def change_message_visibility(self, **request: Any) -> None:
        url, receipt = request["QueueUrl"], request["ReceiptHandle"]
        seconds = request["VisibilityTimeout"]
        self._chaos.call("sqs.defer", SEND, lambda: self._calls.hide(url, receipt, seconds))


def ports_of(stores: Stores, chaos: Chaos) -> Ports:
    """Every port, wrapped once; the actor that runs says whose call it is."""
    tables, wrap = stores.tables, chaos.wrap
    urls = {name: url(name) for name in stores.queues}
    client: Any = SqsClient(chaos, SqsCalls(stores.queues))
    gate = dict.fromkeys(("keep", "state"), contracts.GATE)
    marks = dict.fromkeys(("published_minute", "set_published_minute"), contracts.STATE)
    return Ports(
        orders=wrap("orders", MemoryOrderLedger(tables), _ORDERS),
        intents=wrap(
            "intents", MemoryIntentLedger(tables), {"intent": _READ, "record_intent": _WRITE}
        ),
        evaluations=wrap("evaluations", MemoryEvaluationLedger(tables), _EVALUATIONS),
        halts=_halts(tables, chaos),
        accounts=wrap("accounts", MemoryAccountLedger(tables), _ACCOUNTS),
        activity=wrap("activity", MemoryActivityLedger(tables), _ACTIVITY),
        record=wrap("record", MemoryBrokerRecord(tables), _RECORD),
        bars=wrap("bars", tables.bars, _BARS),
        state=wrap("state", stores.state, _STATE),
        gate=wrap("gate", stores.cache, gate),
        watermarks=wrap("watermarks", stores.cache, marks),
        quotes=wrap("quotes", stores.cache, dict.fromkeys(("put", "quotes"), contracts.STATE)),
        events=wrap("events", Events(), {"publish": contracts.EVENTS}),
        history=wrap("history", stores.history, {"minute_bars": _FEED}),
        bus=SqsBus(client, urls),
        redelivery=SqsRedelivery(client, urls),
    )


def _halts(tables: Tables, chaos: Chaos) -> Any:
    """The halts and their lock, which a holder has until its block ends, however it ends."""
    loop = chaos.loop
    ledger = MemoryHaltLedger(tables, wait=loop.wait, monotonic=lambda: loop.seconds)
    halts = chaos.wrap("halts", ledger, {"halts": _READ, "raise_halt": _WRITE, "lift": _WRITE})

    @contextmanager
    def held(account: str) -> Iterator[Hold]:
        with ExitStack() as holding:
            hold = chaos.call(
                "halts.held", _READ, lambda: holding.enter_context(ledger.held(account))
            )
            yield Hold(hold.halts, lambda: chaos.call("halts.confirm", _READ, hold.confirm))

    halts.held = held
    return halts


@contextmanager
def in_place_of_bootstrap(loop: Loop) -> Iterator[None]:
    """`bootstrap` answers from the memory of the running process."""

    def part(name: str) -> Any:
        process = loop.actor().process
        if process.parts is None:
            raise Crash("its process ended")
        return process.parts[name]

    answers = {
        "edge": lambda _service: part("edge"),
        "strategy_runtime": lambda: part("strategy"),
        "risk_runtime": lambda: part("risk"),
        "execution_runtime": lambda: part("execution"),
        "updates_runtime": lambda: part("order_updates"),
        "reconcile_runtime": lambda: part("reconcile"),
        "session_runtime": lambda: part("session"),
        "trading_in_force": lambda service: part(service).trading,  # it never changes here
    }
    kept = {name: getattr(bootstrap, name) for name in answers}
    try:
        for name, answer in answers.items():
            setattr(bootstrap, name, answer)
        yield
    finally:
        for name, answer in kept.items():
            setattr(bootstrap, name, answer)


def new_queues(loop: Loop) -> dict[str, FifoQueue]:
    """The queues of the topology, with the time-outs that are deployed."""
    return {
        spec.name: FifoQueue(
            spec.name,
            visibility_s=topology.visibility_timeout_s(spec),
            max_receives=topology.MAX_RECEIVES,
            now=lambda: loop.seconds,
        )
        for spec in topology.QUEUES
    }
