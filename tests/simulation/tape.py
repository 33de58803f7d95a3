"""Every choice of a session is a numbered draw, so that a session can be told again, and cut down.

A draw is named by its label and by how often that label was drawn before. A session that is told
again from a script takes the script's value under that name, and the benign one (no fault, first
come first served, the shortest time) where the script has none.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Name = tuple[str, int]
Script = Mapping[Name, float]


class Kind(StrEnum):
    """What a draw is about. When a tape is cut down a workload stays, the rest becomes benign."""

    FAULT = "fault"
    ORDER = "order"
    LATENCY = "latency"
    WORKLOAD = "workload"


@dataclass(frozen=True, slots=True)
class Draw:
    label: str
    occurrence: int
    kind: Kind
    value: float
    benign: float

    @property
    def name(self) -> Name:
        return (self.label, self.occurrence)


@dataclass(slots=True)
class Tape:
    """`draws` are all that were made, in order. `script` is None while the generator decides."""

    seed: int
    script: Script | None = None
    draws: list[Draw] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def chance(self, label: str, rate: float) -> bool:
        """A fault that happens with that probability; nothing is drawn for 0."""
        return rate > 0 and bool(self.choose(label, (rate,)))

    def choose(self, label: str, rates: Sequence[float]) -> int:
        """0: no fault; else 1 + the index of the fault whose probability is in `rates`."""
        value = 0
        if self.script is None:
            point = self._random.random()
            for index, rate in enumerate(rates):
                point -= rate
                if point < 0:
                    value = index + 1
                    break
        chosen = int(self._keep(label, Kind.FAULT, value, 0))
        return chosen if chosen <= len(rates) else 0

    def pick(self, label: str, count: int, *, kind: Kind = Kind.ORDER) -> int:
        """One of 0 ... count - 1; 0 is benign."""
        value = self._random.randrange(count) if self.script is None else 0
        return min(int(self._keep(label, kind, value, 0)), count - 1)

    def seconds(self, label: str, shortest: float, longest: float) -> float:
        """A duration between the two; most are near the shortest one, as in life."""
        value = shortest
        if self.script is None:
            value += (longest - shortest) * self._random.random() ** 3
        return self._keep(label, Kind.LATENCY, round(value, 6), shortest)

    def number(self, label: str, low: float, high: float) -> float:
        """A number of the workload; the middle is benign."""
        value = (low + high) / 2
        if self.script is None:
            value = self._random.uniform(low, high)
        return self._keep(label, Kind.WORKLOAD, value, (low + high) / 2)

    def _keep(self, label: str, kind: Kind, value: float, benign: float) -> float:
        occurrence = self._seen.get(label, 0)
        self._seen[label] = occurrence + 1
        if self.script is not None:
            value = self.script.get((label, occurrence), benign)
        self.draws.append(Draw(label, occurrence, kind, value, benign))
        return value


def scripted(draws: Sequence[Draw]) -> dict[Name, float]:
    """The script that tells a session again."""
    return {draw.name: draw.value for draw in draws if draw.value != draw.benign}
