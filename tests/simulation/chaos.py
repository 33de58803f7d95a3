"""The layer around each port call: it takes time, and it may fail in every way the port allows.

Every effect of an invocation has a number. A fault is drawn for it from the tape, or planted at one
(flow, number) by the systematic pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from quantterminal.domain.errors import AmbiguousError, ConflictError, RetryableError
from tests.simulation.faults import Fault
from tests.simulation.loop import Crash, Loop
from tests.simulation.swarm import Swarm

T = TypeVar("T")
_SLOWEST_S = 12.0
_NOTHING_DONE = frozenset(
    {Fault.LEDGER_DOWN, Fault.LEDGER_LOST, Fault.LEDGER_CONFLICT, Fault.STATE_DOWN}
    | {Fault.SEND_LOST, Fault.EVENTS_DOWN}
)


@dataclass(frozen=True, slots=True)
class Contract:
    """How the calls of one port fail: the fault and the error that the caller then sees.

    `latency` is the shortest and the longest time of a call that goes well, `timeout_s` what a
    call takes that does not.
    """

    errors: Mapping[Fault, Callable[[], Exception]]
    latency: tuple[float, float]
    timeout_s: float = 1.0
    is_ledger: bool = False
    faults: Sequence[Fault] = field(init=False)

    def __post_init__(self) -> None:
        common = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.SLOW)
        object.__setattr__(self, "faults", (*common, *self.errors))


def _ledger_down() -> Exception:
    return RetryableError("PostgreSQL is not reachable")


def _commit_unknown() -> Exception:
    return AmbiguousError("The connection broke during commit")


def _state_down() -> Exception:
    return RetryableError("The working state is not reachable", retry_after_s=1.0)


LEDGER_READ = Contract(
    {Fault.LEDGER_DOWN: _ledger_down}, (0.001, 0.02), timeout_s=3.0, is_ledger=True
)
LEDGER_WRITE = Contract(
    {
        Fault.LEDGER_DOWN: _ledger_down,
        Fault.LEDGER_UNKNOWN: _commit_unknown,
        Fault.LEDGER_LOST: _commit_unknown,
        Fault.LEDGER_CONFLICT: lambda: ConflictError("Lost against another transaction"),
    },
    (0.002, 0.05),
    timeout_s=3.0,
    is_ledger=True,
)
STATE = Contract(
    {Fault.STATE_DOWN: _state_down, Fault.STATE_UNKNOWN: _state_down}, (0.0005, 0.01), timeout_s=2.0
)
GATE = Contract({}, (0.0005, 0.01))
EVENTS = Contract(
    {Fault.EVENTS_DOWN: lambda: RetryableError("The event bus is down")}, (0.005, 0.05)
)


@dataclass(slots=True)
class Injected:
    """One fault that happened: when, to whom, at which effect."""

    at_us: int
    flow: str
    effect: str
    number: int
    fault: Fault


@dataclass(slots=True)
class Chaos:
    """`planted` maps (flow, number of the effect) to the fault that happens there, once each.

    `reached` collects which effects of which flows there are, and how they may fail.
    """

    loop: Loop
    swarm: Swarm
    injected: list[Injected] = field(default_factory=list)
    planted: dict[tuple[str, int], Fault] = field(default_factory=dict)
    reached: dict[tuple[str, int], tuple[str, tuple[Fault, ...]]] = field(default_factory=dict)
    is_over: bool = False
    ledger_is_out: bool = False
    _rates: dict[int, tuple[float, ...]] = field(default_factory=dict)

    def call(self, effect: str, contract: Contract, act: Callable[[], T]) -> T:
        """Do `act` as the effect of the running actor, after its time, or fail."""
        actor = self.loop.actor()
        fault = self.fault_of(effect, contract.faults)
        if self.ledger_is_out and contract.is_ledger:
            self.loop.pause(contract.timeout_s)
            raise _ledger_down()
        if fault is None:
            self.loop.pause(self._latency(effect, contract.latency))
            self.loop.tell(f"{actor.process.name} {effect}")
            return act()
        self.note(fault, effect)
        if fault is Fault.CRASH_BEFORE:
            raise Crash(f"before {effect}")
        if fault is Fault.SLOW:
            self.loop.pause(self.loop.tape.seconds("slow effect", 1.0, _SLOWEST_S))
            return act()
        if fault is Fault.CRASH_AFTER:
            self.loop.pause(contract.latency[0])
            act()
            raise Crash(f"after {effect}")
        if fault not in _NOTHING_DONE:
            self.loop.pause(contract.latency[0])
            act()
        self.loop.pause(contract.timeout_s)
        error = contract.errors[fault]()
        raise error

    def fault_of(self, effect: str, faults: Sequence[Fault]) -> Fault | None:
        """The fault of the next effect of the running actor, None when it goes well."""
        actor = self.loop.actor()
        actor.effects += 1
        key = (actor.flow, actor.effects)
        self.reached.setdefault(key, (effect, tuple(faults)))
        if self.planted.get(key) in faults:
            return self.planted.pop(key)
        if self.is_over:
            return None
        rates = self._rates.get(id(faults))
        if rates is None:
            rates = self._rates[id(faults)] = tuple(self.swarm.rate(each) for each in faults)
        if not any(rates):
            return None
        number = self.loop.tape.choose(f"{actor.role} {effect}", rates)
        return faults[number - 1] if number else None

    def happens(self, fault: Fault, label: str) -> bool:
        """Whether a fault of the surroundings happens now; told if it does."""
        if self.is_over or not self.loop.tape.chance(f"{label}: {fault}", self.swarm.rate(fault)):
            return False
        self.note(fault, label)
        return True

    def note(self, fault: Fault, effect: str, flow: str = "") -> None:
        """Remember that a fault happened."""
        number = 0
        if not flow:
            try:
                actor = self.loop.actor()
                flow, number = actor.flow, actor.effects
            except TypeError:
                flow = "world"
        self.injected.append(Injected(self.loop.now_us, flow, effect, number, fault))
        self.loop.tell(f"{flow} {effect}: {fault}")

    def _latency(self, effect: str, bounds: tuple[float, float]) -> float:
        shortest, longest = bounds
        return self.loop.tape.seconds(effect, shortest, longest * self.swarm.slow)

    def wrap(self, name: str, target: Any, contracts: Mapping[str, Contract]) -> Any:
        """A port whose named methods go through `call`."""
        return SimpleNamespace(
            **{
                method: self._wrapped(f"{name}.{method}", getattr(target, method), contract)
                for method, contract in contracts.items()
            }
        )

    def _wrapped(
        self, effect: str, method: Callable[..., T], contract: Contract
    ) -> Callable[..., T]:
        def call(*args: Any, **kwargs: Any) -> T:
            return self.call(effect, contract, lambda: method(*args, **kwargs))

        return call


def crash_faults() -> tuple[Fault, ...]:
    """What every effect can suffer."""
    return (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.SLOW)
