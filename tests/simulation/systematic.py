"""Every effect of every flow fails once in every way that its port allows."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tests.simulation.faults import Fault
from tests.simulation.swarm import Swarm, calm
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, run_session

SEED = 5
_BARS = 6

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


@dataclass(slots=True)
class Crashes:
    """How many places there are, and which of them broke something."""

    places: int = 0
    runs: int = 0
    failed: dict[Plant, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        told = [f"{self.runs} faults, each at one of {self.places} effects of the flows"]
        told += [f"  {plant}: {text}" for plant, text in self.failed.items()]
        told.append(f"{len(self.failed)} broke an invariant")
        return told


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


def planted(plant: Plant) -> Outcome:
    """The scenario with that one fault."""
    return run_session(scenario(), Tape(SEED), planted={plant.place: plant.fault})


def every_crash() -> Crashes:
    """The systematic pass."""
    chosen = plants()
    result = Crashes(places=len({plant.place for plant in chosen}))
    for plant in chosen:
        outcome = planted(plant)
        result.runs += 1
        if outcome.violations:
            result.failed[plant] = str(outcome.violations[0])
    return result


def _plants(outcome: Outcome) -> Iterator[Plant]:
    for place, (effect, faults) in sorted(outcome.chaos.reached.items()):
        for fault in faults:
            yield Plant(place, effect, fault)
