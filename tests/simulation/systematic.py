"""Every effect of every flow fails once in every way that its port allows, then two of one flow.

In pairs an effect fails in the ways that leave something behind: it is done and the process dies,
or it is done and nobody knows. What fails before anything is done is the same as to fail after the
effect before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations, product
from multiprocessing import get_context

from tests.simulation.faults import Fault
from tests.simulation.swarm import Swarm, calm
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, run_session

SEED = 1
LAST_LOOK = "reconcile:again"  # the oracle's, after everything
_BARS = 6
_LEAVES_SOMETHING = frozenset(
    {Fault.CRASH_AFTER, Fault.LEDGER_UNKNOWN, Fault.STATE_UNKNOWN, Fault.SEND_UNKNOWN}
    | {Fault.POST_UNKNOWN, Fault.POST_LATE}
)

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Plant:
    """One fault at one effect of one flow."""

    place: Place
    effect: str
    fault: Fault

    def __str__(self) -> str:
        flow, number = self.place
        return f"{flow}, effect {number} ({self.effect}): {self.fault}"


Case = tuple[Plant, ...]


@dataclass(slots=True)
class Crashes:
    """How many cases there were, of how many effects, and which of them broke something.

    Of a pair the second may find nothing left to fail: `both` counts those that met both.
    """

    places: int = 0
    runs: int = 0
    both: int = 0
    failed: dict[Case, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        told = [f"{self.runs} cases at {self.places} effects of the flows, {self.both} in full"]
        told += [f"  {' and '.join(map(str, case))}: {text}" for case, text in self.failed.items()]
        told.append(f"{len(self.failed)} broke an invariant")
        return told

    def merge(self, other: "Crashes") -> None:
        self.runs += other.runs
        self.both += other.both
        self.failed |= other.failed


def scenario() -> Swarm:
    """The last minutes of a session with everything in it: partial fills, resting orders, a person
    who halts, flattens and resumes, and the close.
    """
    swarm = calm(SEED, bars=_BARS, symbols=2, strategies=2)
    minutes = int((swarm.closes - swarm.opens) / timedelta(minutes=1))
    return replace(
        swarm,
        first_bar=minutes - _BARS,
        rates={Fault.RESTS: 0.25, Fault.PARTIALLY_FILLED: 0.3},
        operator_acts=3,
    )


def plants() -> list[Plant]:
    """Every (flow, effect, fault) that the scenario reaches."""
    return list(_plants(run_session(scenario(), Tape(SEED))))


def pairs(chosen: Sequence[Plant]) -> list[Case]:
    """Every two effects of one flow, each failing in every way that leaves something behind."""
    flows: dict[str, dict[Place, list[Plant]]] = defaultdict(lambda: defaultdict(list))
    for plant in chosen:
        if plant.fault in _LEAVES_SOMETHING:
            flows[plant.place[0]][plant.place].append(plant)
    return [
        case
        for places in flows.values()
        for one, other in combinations(places.values(), 2)
        for case in product(one, other)
    ]


def planted(*case: Plant) -> Outcome:
    """The scenario with those faults."""
    return run_session(scenario(), Tape(SEED), planted={plant.place: plant.fault for plant in case})


def every_crash(*, in_pairs: bool = False, workers: int = 1) -> Crashes:
    """The systematic pass, of single faults or of pairs."""
    chosen = plants()
    cases = pairs(chosen) if in_pairs else [(plant,) for plant in chosen]
    result = Crashes(places=len({plant.place for plant in chosen}))
    shares = [cases[first::workers] for first in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for part in pool.map(crashes_of, shares):
            result.merge(part)
    return result


def crashes_of(cases: Iterable[Case]) -> Crashes:
    """Some cases, in this process."""
    result = Crashes()
    for case in cases:
        outcome = planted(*case)
        result.runs += 1
        result.both += len(outcome.chaos.injected) >= len(case) and not outcome.chaos.planted
        if outcome.violations:
            result.failed[case] = str(outcome.violations[0])
    return result


def _plants(outcome: Outcome) -> Iterator[Plant]:
    for place, (effect, faults) in sorted(outcome.chaos.reached.items()):
        if place[0] != LAST_LOOK:
            yield from (Plant(place, effect, fault) for fault in faults)
