"""What many sessions came to: speed, faults by kind, coverage of the catalogue, and failures."""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.faults import DRAWN, NUMBERS
from tests.simulation.shrink import Shrunk
from tests.simulation.world import Outcome


@dataclass(slots=True)
class Tally:
    """Sums over sessions. `failed` maps seeds to what was violated first."""

    sessions: int = 0
    seconds: float = 0.0
    orders: int = 0
    fills: int = 0
    events: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.sessions += 1
        self.orders += outcome.orders
        self.fills += outcome.fills
        self.events += outcome.events
        self.checks.update(outcome.checked)
        for each in outcome.chaos.injected:
            self.faults[each.fault.value] += 1
            self.numbers.update(NUMBERS[each.fault])
        if outcome.violations:
            self.failed[outcome.swarm.seed] = str(outcome.violations[0])

    def merge(self, other: "Tally") -> None:
        self.sessions += other.sessions
        self.orders += other.orders
        self.fills += other.fills
        self.events += other.events
        self.faults += other.faults
        self.numbers += other.numbers
        self.checks += other.checks
        self.failed |= other.failed

    def lines(self) -> list[str]:
        """The report, for a terminal."""
        speed = self.sessions / self.seconds if self.seconds else 0.0
        told = [
            f"{self.sessions} sessions in {self.seconds:.1f} s: {speed:.1f} sessions/s",
            f"{self.orders} orders, {self.fills} fills, {self.events} events",
            f"{sum(self.faults.values())} faults injected:",
        ]
        told += [f"  {count:>8}  {fault}" for fault, count in self.faults.most_common()]
        told.append("hits by number of the catalogue:")
        told += [f"  {number} {self.numbers[number]}" for number in sorted(self.numbers)]
        missing = sorted(set(DRAWN) - set(self.numbers))
        told.append(f"  never: {' '.join(missing) or 'none'}")
        told.append("checks: " + ", ".join(f"{k} {self.checks[k]}" for k in sorted(self.checks)))
        told.append(f"{len(self.failed)} sessions with violations")
        for seed, text in sorted(self.failed.items()):
            told += failure(seed, text)
        return told


def failure(seed: int, text: str) -> list[str]:
    """What broke first in a session, and how it is told again."""
    return [f"  seed {seed}: {text}", f"    {command(seed, '--shrink')}"]


def command(seed: int, *more: str) -> str:
    """The one line that tells a session again."""
    return " ".join([".venv/bin/python -m tests.simulation replay", str(seed), *more])


def told(shrunk: Shrunk) -> list[str]:
    """A shrunk tape in words: the session, each fault with time, actor and effect, the end."""
    swarm, outcome = shrunk.swarm, shrunk.outcome
    symbols = ", ".join(swarm.symbols)
    lines = [
        f"Shrunk in {shrunk.runs} runs to {swarm.bars} bars of {symbols}:",
        f"{swarm.strategies} strategies, from {swarm.starts:%Y-%m-%d %H:%M} UTC",
    ]
    start = outcome.chaos.loop.start
    for each in outcome.chaos.injected:
        seconds = each.at_us / 1_000_000
        where = f"effect {each.number} of {each.flow}" if each.number else each.flow
        lines.append(f"  {seconds:10.3f} s  {where}  {each.effect}: {each.fault}")
    lines += [f"  {(v.at - start).total_seconds():10.3f} s  {v}" for v in outcome.violations]
    return lines
