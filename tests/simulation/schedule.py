"""What happens by the clock: bars, knocks, outages, a person, and the container's deaths."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from handlers import reconcile, session
from quantterminal import topology
from quantterminal.domain.errors import AmbiguousError, InvalidValueError, RetryableError
from quantterminal.services.api_requests import command
from tests.simulation.faults import Fault
from tests.simulation.loop import Process

if TYPE_CHECKING:
    from tests.simulation.world import World

_MINUTE_S = 60.0
_FEED_START_S = 20.0  # the session's first bar begins so long after the simulation does
_RETRIES_S = (60.0, 120.0)  # Lambda tries an asynchronous invocation again after these


class Schedule:
    """Fills the heap of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._loop = world.loop
        self._chaos = world.chaos
        self._tape = world.loop.tape
        self._feed_is_up = True
        self._commands = 0

    def begin(self) -> None:
        """Everything that the session will hold."""
        swarm = self._world.swarm
        for number in range(swarm.bars):
            self._loop.after(_FEED_START_S + (number + 1) * _MINUTE_S, self._bars_of(number))
        minutes = swarm.bars + int(swarm.heals / timedelta(minutes=1)) + 1
        for number in range(minutes):
            at = _FEED_START_S + number * _MINUTE_S
            self._loop.after(at, lambda: self._knock("reconcile", {}))
            self._loop.after(at, self._trouble)
        self._loop.after(_FEED_START_S, lambda: self._knock("session", {"action": "open"}))
        closes = (swarm.closes - self._loop.start) / timedelta(seconds=1)
        self._loop.after(closes, lambda: self._knock("session", {"action": "close"}))
        for number in range(swarm.operator_acts):
            at = self._tape.number("operator acts", _FEED_START_S, swarm.bars * _MINUTE_S)
            self._loop.after(at, lambda number=number: self._operate(number))

    def heal(self) -> None:
        """Every outage ends."""
        self._chaos.ledger_is_out = False
        self._set_state_down(down=False)
        self._feed_back()

    # the feed

    def _bars_of(self, number: int) -> Callable[[], None]:
        def tell() -> None:
            for symbol in self._world.swarm.symbols:
                raw = self._world.market.bars[symbol][number]
                for wait, said in self._world.market.told(raw):
                    self._loop.after(wait, lambda said=said: self._say(said))

        return tell

    def _say(self, raw: dict[str, Any]) -> None:
        container = self._world.container
        if container is not None and self._feed_is_up:
            container.feed_says(raw)

    def _feed_back(self) -> None:
        if not self._feed_is_up:
            self._feed_is_up = True
            if self._world.container is not None:
                self._world.container.feed_live()

    # knocks

    def _knock(self, name: str, payload: dict[str, str]) -> None:
        late = 0.05
        if self._chaos.happens(Fault.KNOCK_LATE, name):
            late = self._tape.seconds(f"late knock {name}", 1.0, 90.0)
        self._loop.after(late, lambda: self._invoke(name, payload, 0))
        if self._chaos.happens(Fault.KNOCK_TWICE, name):
            again = late + self._tape.seconds(f"second knock {name}", 0.0, 30.0)
            self._loop.after(again, lambda: self._invoke(name, payload, 0))

    def _invoke(self, name: str, payload: dict[str, str], failures: int) -> None:
        handler = {"reconcile": reconcile.handler, "session": session.handler}[name]
        process = self._world.environment(name)

        def body() -> None:
            done = False
            try:
                handler(dict(payload), None)
                done = True
                self._world.give_back(name, process)
            except (RetryableError, AmbiguousError):
                self._world.give_back(name, process)
            except Exception as problem:  # noqa: BLE001  as Lambda: the invocation failed
                self._world.telemetry.surprise(problem)
            finally:
                if not done and failures < len(_RETRIES_S) and name == "session":
                    self._loop.after(
                        _RETRIES_S[failures], lambda: self._invoke(name, payload, failures + 1)
                    )

        actor = self._loop.spawn(process, name, body, limit_s=topology.function(name).timeout_s)
        actor.begins(f"{name}:{payload.get('action', 'knock')}")

    # troubles

    def _trouble(self) -> None:
        """Once a minute: what may go wrong with whole parts of the system."""
        happens, tape, world = self._chaos.happens, self._tape, self._world
        if happens(Fault.STATE_FLUSHED, "cache"):
            self._loop.after(tape.seconds("flush", 0.1, 59.0), self._flush)
        if happens(Fault.STATE_ROLLED_BACK, "cache"):
            self._loop.after(tape.seconds("roll back", 0.1, 45.0), self._keep_and_roll_back)
        if happens(Fault.STATE_PAUSED, "cache"):
            self._set_state_down(down=True)
            lasts = tape.seconds("pause of the working state", 1.0, 30.0)
            self._loop.after(lasts, lambda: self._set_state_down(down=False))
        if happens(Fault.LEDGER_OUT, "ledger"):
            self._chaos.ledger_is_out = True
            self._loop.after(tape.seconds("outage of the ledger", 1.0, 40.0), self._ledger_back)
        if happens(Fault.FEED_SILENT, "feed"):
            self._feed_is_up = False
            self._loop.after(tape.seconds("silence of the feed", 10.0, 200.0), self._feed_back)
        if happens(Fault.CONTAINER_KILLED, "container") and world.container is not None:
            self._loop.after(tape.seconds("kill", 0.1, 59.0), self._kill_container)
        if happens(Fault.FOREIGN_ORDER, "broker"):
            self._loop.after(tape.seconds("order by hand", 0.1, 59.0), self._order_by_hand)
        if happens(Fault.POISON, "queues"):
            self._poison()

    def _flush(self) -> None:
        self._world.stores.state.flush()
        self._world.stores.cache.flush()
        self._loop.tell("working state flushed")

    def _keep_and_roll_back(self) -> None:
        state = self._world.stores.state
        kept = state.kept()

        def roll_back() -> None:
            state.roll_back(kept)
            self._loop.tell("working state rolled back")

        self._loop.after(self._tape.seconds("rolled back by", 0.1, 10.0), roll_back)

    def _set_state_down(self, *, down: bool) -> None:
        self._world.stores.state.is_down = down
        self._world.stores.cache.is_down = down

    def _ledger_back(self) -> None:
        self._chaos.ledger_is_out = False

    def _kill_container(self) -> None:
        if self._world.container is not None:
            self._world.container.process.end()

    def _order_by_hand(self) -> None:
        world = self._world
        symbol = world.swarm.symbols[self._tape.pick("symbol by hand", len(world.swarm.symbols))]
        number = len(world.broker.orders) + 1
        request = {
            "client_order_id": f"by-hand-{number}",
            "symbol": symbol,
            "side": ("buy", "sell")[self._tape.pick("side by hand", 2)],
            "qty": "3",
            "limit_price": str(world.market.price(symbol)),
        }
        world.broker.accept(request, is_foreign=True)

    def _poison(self) -> None:
        names = sorted(self._world.stores.queues)
        queue = self._world.stores.queues[names[self._tape.pick("poisoned queue", len(names))]]
        once = f"poison-{self._loop.now_us}"
        queue.send('{"v":99,"type":"Nothing"}', group="poison", once=once)

    # a person

    def _operate(self, number: int) -> None:
        verbs = ("halt", "flatten", "resume")
        verb = verbs[self._tape.pick("verb", len(verbs))]
        fault = {"halt": Fault.HALTED, "flatten": Fault.FLATTENED, "resume": Fault.RESUMED}[verb]
        self._chaos.note(fault, "operator", flow="api")
        process: Process = self._world.environment("api")

        def body() -> None:
            try:
                with self._world.oracle.person_asks(verb):
                    command(
                        verb,
                        {"reason": "simulated"},
                        actor="operator",
                        key=f"key-{number}",
                        runtime=process.parts["api"],
                    )
            except (RetryableError, AmbiguousError, InvalidValueError):
                self._loop.tell(f"operator's {verb} failed")
            except Exception as problem:  # noqa: BLE001  as Lambda: the invocation failed
                self._world.telemetry.surprise(problem)

        actor = self._loop.spawn(process, "api", body, limit_s=topology.function("api").timeout_s)
        actor.begins(f"api:{verb}")
