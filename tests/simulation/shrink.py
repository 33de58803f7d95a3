"""Cutting a failing tape down: the fewest draws that still break the same invariant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.simulation.swarm import Swarm
from tests.simulation.tape import Kind, Name, Script, Tape
from tests.simulation.world import Outcome, run_session

_MOST_RUNS = 300
_OF_WHAT_IS_LEFT = {Kind.FAULT: 0.7, Kind.ORDER: 0.5, Kind.LATENCY: 0.8}


@dataclass(slots=True)
class Shrunk:
    """The smallest session that was found, and how it went."""

    swarm: Swarm
    script: Script
    outcome: Outcome
    runs: int


class Shrinker:
    """Tries ever smaller scripts on ever shorter sessions, within a number of runs.

    Faults go first, for they are what a person reads; each kind of draw leaves runs to the next.
    """

    def __init__(self, failed: Outcome, *, most_runs: int = _MOST_RUNS) -> None:
        self._wanted = failed.violations[0].invariant
        self._left = most_runs
        self._reserved = 0
        self._runs = 0
        self._best = Shrunk(failed.swarm, {}, failed, 0)
        self._draws = [draw for draw in failed.tape.draws if draw.value != draw.benign]

    def shrink(self) -> Shrunk:
        """The smallest session; the one that failed when nothing smaller fails."""
        everything = [draw.name for draw in self._draws]
        kept = {d.name for d in self._draws if d.kind is Kind.WORKLOAD}
        self._try(self._best.swarm, everything)
        self._shorten(everything)
        for kind, share in _OF_WHAT_IS_LEFT.items():
            self._reserved = round(self._left * (1 - share))
            of_kind = [d.name for d in self._draws if d.kind is kind and d.name in self._script]
            others = [name for name in self._script if name not in set(of_kind)]
            self._reduce(of_kind, lambda left, others=others: others + left)
        self._reserved = 0
        self._shorten([name for name in self._script if name not in kept] + sorted(kept))
        self._best.runs = self._runs
        return self._best

    @property
    def _script(self) -> Script:
        return self._best.script

    def _shorten(self, names: Sequence[Name]) -> None:
        """Fewer bars, strategies, symbols, while it still fails."""
        for bars in (3, 5, 8, 12, 20):
            if bars < self._best.swarm.bars and self._try(
                replace(self._best.swarm, bars=bars), names
            ):
                break
        if self._best.swarm.strategies > 1:
            self._try(replace(self._best.swarm, strategies=1), names)
        for symbol in self._best.swarm.symbols:
            left = tuple(each for each in self._best.swarm.symbols if each != symbol)
            if left:
                self._try(replace(self._best.swarm, symbols=left), names)

    def _reduce(self, names: list[Name], whole: Callable[[list[Name]], list[Name]]) -> None:
        """Delta debugging: leave out halves, then quarters, down to single draws."""
        if not names or self._try(self._best.swarm, whole([])):
            return
        size = len(names) // 2
        while size >= 1 and self._left > self._reserved:
            first = 0
            while first < len(names) and self._left > self._reserved:
                left = names[:first] + names[first + size :]
                if self._try(self._best.swarm, whole(left)):
                    names = left
                else:
                    first += size
            size //= 2

    def _try(self, swarm: Swarm, names: Sequence[Name]) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        self._runs += 1
        values = {draw.name: draw.value for draw in self._draws}
        script = {name: values[name] for name in names if name in values}
        outcome = run_session(swarm, Tape(swarm.seed, script), keeps_lines=True)
        if not any(each.invariant == self._wanted for each in outcome.violations):
            return False
        used = {draw.name for draw in outcome.tape.draws}
        self._best = Shrunk(
            swarm, {name: value for name, value in script.items() if name in used}, outcome, 0
        )
        return True
