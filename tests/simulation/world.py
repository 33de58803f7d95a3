"""One session: stores, queues, broker, processes and their surroundings, run to its end."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from handlers import execution, order_updates, risk, strategy
from quantterminal import topology
from quantterminal.adapters.memory.account_ledger import MemoryAccountLedger
from quantterminal.adapters.memory.state_store import MemoryStateStore
from quantterminal.adapters.memory.tables import Tables
from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.risk import RiskLimits
from quantterminal.services.reconcile import reconcile
from quantterminal.services.working_state import load_state
from tests.simulation.chaos import Chaos
from tests.simulation.composition import (
    Composition,
    Stores,
    in_place_of_bootstrap,
    new_queues,
    ports_of,
)
from tests.simulation.faults import Fault
from tests.simulation.loop import SECOND, Loop, Process, SessionTooLongError
from tests.simulation.models.broker import ModelBroker
from tests.simulation.models.container import Container
from tests.simulation.models.market import Market
from tests.simulation.models.source_mapping import SourceMapping, is_idle
from tests.simulation.models.stream import StreamSocket
from tests.simulation.models.surroundings import Cache, History, Telemetry
from tests.simulation.models.transport import Wire
from tests.simulation.oracle import Oracle, Violation
from tests.simulation.schedule import Schedule
from tests.simulation.swarm import Swarm
from tests.simulation.tape import Tape

ACCOUNT = "main"
CASH = Decimal(100_000)
_HANDLERS = {
    "strategy": strategy.handler,
    "risk": risk.handler,
    "execution": execution.handler,
    "order_updates": order_updates.handler,
}


@dataclass(slots=True)
class Trace:
    """Every line of the session, and the SHA-256 over all of them."""

    keeps_lines: bool = False
    lines: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def line(self, at_us: int, text: str) -> None:
        self.count += 1
        self._digest.update(f"{at_us} {text}\n".encode())
        if self.keeps_lines:
            self.lines.append((at_us, text))

    def hexdigest(self) -> str:
        digest: str = self._digest.hexdigest()
        return digest


@dataclass(slots=True)
class Outcome:
    """What a session came to."""

    swarm: Swarm
    tape: Tape
    trace: Trace
    violations: list[Violation]
    chaos: Chaos
    checked: dict[str, int]
    counts: dict[str, int]
    orders: int
    fills: int
    events: int


class World:
    """Everything of one session. `run` may be called once."""

    def __init__(
        self,
        swarm: Swarm,
        tape: Tape,
        *,
        planted: dict[tuple[str, int], Fault] | None = None,
        keeps_lines: bool = False,
    ) -> None:
        self.swarm = swarm
        self.trace = Trace(keeps_lines)
        self.loop = Loop(
            swarm.starts - timedelta(seconds=20), tape, self.trace.line, swarm.shuffles
        )
        self.chaos = Chaos(self.loop, swarm, planted=dict(planted or {}))
        self.telemetry = Telemetry(self.loop)
        self.trading = _trading(swarm)
        self.market = Market(self.loop, self.chaos, swarm)
        self.stores = Stores(
            tables=Tables(now=lambda: self.loop.now),
            state=MemoryStateStore(between=self._between),
            cache=Cache(self.loop),
            queues=new_queues(self.loop),
            history=History(lambda: self.loop.now, self.market.bars),
        )
        self.broker = ModelBroker(self.loop, self.chaos, CASH)
        self.broker.books.price = self.market.price
        self.oracle = self._oracle()
        self.stores.queues[topology.BARS].accepted = self.oracle.bars_leave
        self.broker.filled = self.oracle.broker_filled
        self.composition = Composition(
            self.loop,
            self.chaos,
            self.trading,
            Wire(self.loop, self.chaos, self.broker, self.oracle.order_leaves),
            self.telemetry,
            ports_of(self.stores, self.chaos),
        )
        self.container: Container | None = None
        self.second: Container | None = None
        self.stream = self._socket(lambda: self.container)
        self.second_stream = self._socket(lambda: self.second)
        self.broker.publish = self._publish
        streams = (self.stream, self.second_stream)
        self.oracle.silence = lambda: min(each.silence() for each in streams)
        self.mappings = [self._mapping(spec) for spec in topology.QUEUES]
        self._warm: dict[str, list[Process]] = {}
        self._processes = 0
        self._lives = 0
        self.schedule = Schedule(self)

    def run(self) -> Outcome:
        """The session, its faults, and the time that everything has to heal."""
        accounts = MemoryAccountLedger(self.stores.tables)
        accounts.open_account(ACCOUNT, cash=CASH, at=self.loop.now)
        self.start_container()
        self.schedule.begin()
        with in_place_of_bootstrap(self.loop):
            try:
                self._run_to(self.swarm.ends)
                self.chaos.is_over = True
                self.end_second()
                self.schedule.heal()
                self._run_to(self.swarm.ends + self.swarm.heals)
                self._check_end()
            except SessionTooLongError as problem:
                self._add("I14", str(problem))
            finally:
                self.chaos.is_over = True
                self.loop.close()
        for text in self.telemetry.surprises:
            self._add("I0", text)
        return self._outcome()

    def start_container(self) -> None:
        """A new process of the container; it starts again by itself whenever it ends."""
        self._lives += 1
        process = self.new_process("ingest")
        process.on_end = self._container_ended
        container = Container(self.loop, process, process.parts["ingest"])
        self.container = container
        container.start()
        container.feed_live()
        self.stream.connect_soon(0.1)

    @property
    def fed(self) -> Container | None:
        """Who gets the feed: the vendor serves one connection, and the newest wins."""
        return self.second or self.container

    def start_second(self) -> None:
        """Another container beside the first, as when a deployment does not stop the old one."""
        if self.second is None and not self.chaos.is_over:
            process = self.new_process("ingest")
            self.second = Container(self.loop, process, process.parts["ingest"])
            self.second.start()
            self.second.feed_live()
            self.second_stream.connect_soon(0.1)

    def end_second(self) -> None:
        if self.second is not None:
            self.second.process.end()
            self.second = None
            self.second_stream.drop()
            if self.container is not None:
                self.container.feed_live()

    def deploy(self, role: str, release: str) -> None:
        """From now on that function's new processes are of that release; no old one is used."""
        self.composition.releases[role] = release
        self._warm[role] = []

    def new_process(self, role: str) -> Process:
        self._processes += 1
        process = Process(f"{role}-{self._processes}")
        process.parts = self.composition.build(role)
        process.release = self.composition.releases.get(role, "")
        return process

    def environment(self, role: str) -> Process:
        """A warm environment of that function, or a new one."""
        warm = self._warm.setdefault(role, [])
        return warm.pop(0) if warm else self.new_process(role)

    def give_back(self, role: str, process: Process) -> None:
        if process.release == self.composition.releases.get(role, ""):
            self._warm[role].append(process)

    def _publish(self, frame: bytes, symbol: str) -> None:
        self.stream.publish(frame, symbol)
        self.second_stream.publish(frame, symbol)

    def _oracle(self) -> Oracle:
        return Oracle(
            tables=self.stores.tables,
            broker=self.broker,
            account=ACCOUNT,
            start_cash=CASH,
            started=self.loop.now - timedelta(seconds=self.loop.seconds),
            opens=self.swarm.opens,
            closes=self.swarm.closes,
            now=lambda: self.loop.now,
            price=self.market.price,
            limits=self.trading.limits,
            swing=Decimal(self.swarm.swing),
            strategies=[each.name for each in self.trading.strategies],
        )

    def _socket(self, container: Callable[[], Container | None]) -> StreamSocket:
        return StreamSocket(self.loop, self.chaos, container, lambda: self.broker.keys)

    def _mapping(self, spec: topology.Queue) -> SourceMapping:
        handler = _HANDLERS[spec.consumer]
        queue = self.stores.queues[spec.name]
        mapping = SourceMapping(
            self.loop,
            self.chaos,
            queue,
            spec,
            lambda event: handler(event, None),
            self.environment,
            self.give_back,
        )
        queue.arrived = mapping.wake
        return mapping

    def _container_ended(self) -> None:
        self.container = None
        self.stream.drop()
        self.loop.after(
            self.loop.tape.seconds("container starts again", 2.0, 40.0), self.start_container
        )

    def _between(self) -> None:
        """Between the two steps of a read of the working state somebody else may come."""
        self.loop.pause(self.loop.tape.seconds("between two reads", 0.0002, 0.003))

    def _run_to(self, end: datetime) -> None:
        until = round((end - self.loop.start) / timedelta(seconds=1) * SECOND)
        while self.loop.now_us < until and not self.oracle.violations:
            self.loop.run(min(until, self.loop.now_us + 60 * SECOND))
            self.oracle.check_now()

    def _check_end(self) -> None:
        if self.oracle.violations:
            return
        queues = self.stores.queues.items()
        depths = {name: queue.depth() for name, queue in queues if queue.depth()}
        busy = [each.spec.name for each in self.mappings if not is_idle(each)]
        dead = {name: queue.dead for name, queue in queues if queue.dead}
        told = [each for each in self.chaos.injected if each.fault is Fault.BAR_LATE]
        late = Counter(each.effect for each in told) if self._lives > 1 else {}
        self.oracle.check_end(depths if busy else {}, dead, late)
        self._look_again()

    def _look_again(self) -> None:
        """One more pass of reconcile, a look at the working state, and one at a new one."""
        process = self.new_process("reconcile")
        runtime = process.parts["reconcile"]
        accounts, state = runtime.accounts, runtime.updates.state

        def body() -> None:
            before = self.oracle.fingerprint()
            found = reconcile(runtime=runtime)
            self.oracle.found_again(before, found.differences)
            self.oracle.check_working_state(load_state(ACCOUNT, state=state, accounts=accounts))
            self.stores.state.flush()
            self.oracle.check_working_state(load_state(ACCOUNT, state=state, accounts=accounts))

        actor = self.loop.spawn(process, "reconcile", body)
        actor.begins("reconcile:again")
        self.loop.run(self.loop.now_us + 30 * SECOND)
        if not actor.dead:
            self._add("I14", "a second pass of reconcile did not end")

    def _add(self, invariant: str, text: str) -> None:
        self.oracle.violations.append(Violation(invariant, text, self.loop.now))

    def _outcome(self) -> Outcome:
        return Outcome(
            swarm=self.swarm,
            tape=self.loop.tape,
            trace=self.trace,
            violations=self.oracle.violations,
            chaos=self.chaos,
            checked=self.oracle.checked,
            counts=self.telemetry.counts,
            orders=len(self.broker.orders),
            fills=len(self.broker.fills),
            events=self.loop.events,
        )


def _trading(swarm: Swarm) -> TradingConfig:
    strategies = tuple(
        StrategyConfig(
            f"trader{number}",
            "tests.simulation.strategies:Trader",
            parameters={"salt": swarm.seed % 1000 * 10 + number, "eagerness": 40},
        )
        for number in range(swarm.strategies)
    )
    limits = RiskLimits(**swarm.limits)
    return TradingConfig(ACCOUNT, Mode.SIMULATED, swarm.symbols, strategies, limits)


def run_session(swarm: Swarm, tape: Tape, **more: Any) -> Outcome:
    """One session from its swarm and its tape."""
    return World(swarm, tape, **more).run()
