"""What a test asks of a seed, and what it says when the seed fails."""

from collections.abc import Iterable

from tests.simulation.campaign import session
from tests.simulation.report import command, told
from tests.simulation.shrink import Shrinker


def failures(seeds: Iterable[int]) -> list[str]:
    """For each seed that breaks an invariant: the command that replays it, and its shrunk tape."""
    found = []
    for seed in seeds:
        outcome = session(seed)
        if outcome.violations:
            shrunk = Shrinker(outcome, most_runs=60).shrink()
            text = [command(seed, "--shrink"), str(outcome.violations[0]), *told(shrunk)]
            found.append("\n".join(text))
    return found
