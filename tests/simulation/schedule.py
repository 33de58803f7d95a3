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
from tests.simulation.troubles import Troubles

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
        self.troubles = Troubles(world, feed_lost=self._feed_lost, feed_back=self._feed_back)

    def begin(self) -> None:
        """Everything that the session will hold."""
        swarm = self._world.swarm
        self.troubles.begin()
        for number in range(swarm.bars):
            self._loop.after(_FEED_START_S + (number + 1) * _MINUTE_S, self._bars_of(number))
        minutes = swarm.bars + int(swarm.heals / timedelta(minutes=1)) + 1
        for number in range(minutes):
            at = _FEED_START_S + number * _MINUTE_S
            self._loop.after(at, lambda: self._knock("reconcile", {}))
            self._loop.after(at, self.troubles.minute)
        self._loop.after(_FEED_START_S, lambda: self._knock("session", {"action": "open"}))
        closes = (swarm.closes - self._loop.start) / timedelta(seconds=1)
        self._loop.after(closes, lambda: self._knock("session", {"action": "close"}))
        for number in range(swarm.operator_acts):
            at = self._tape.number("operator acts", _FEED_START_S, swarm.bars * _MINUTE_S)
            self._loop.after(at, lambda number=number: self._operate(number))

    def heal(self) -> None:
        """Every outage ends."""
        self.troubles.end()
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
        container = self._world.fed
        if container is not None and self._feed_is_up:
            container.feed_says(raw)

    def _feed_lost(self) -> None:
        self._feed_is_up = False

    def _feed_back(self) -> None:
        if not self._feed_is_up:
            self._feed_is_up = True
            if self._world.fed is not None:
                self._world.fed.feed_live()

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

    # a person

    def _operate(self, number: int) -> None:
        verbs = ("halt", "flatten", "resume")
        self.operate(verbs[self._tape.pick("verb", len(verbs))], number)

    def operate(self, verb: str, number: int = 0) -> None:
        """A person gives that order."""
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
