"""Looking for planted bugs: sessions until the oracle complains, or the test that is named."""

import contextlib
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from multiprocessing import get_context

from tests.simulation.bugs import CATALOGUE
from tests.simulation.bugs.bug import Bug
from tests.simulation.campaign import session
from tests.simulation.planting import planted
from tests.simulation.swarm import calm, drawn
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, run_session

MOST_SEEDS = 300
"""The seeds from 1 on that the product without a bug passes in `make test`."""
CALM_SEED = 3


@dataclass(frozen=True, slots=True)
class Hunt:
    """How the hunt for one bug went. `seeds` sessions were run, the last one of `seed`."""

    name: str
    what: str
    found: str
    seeds: int
    seed: int
    seconds: float

    @property
    def is_found(self) -> bool:
        return bool(self.found)


def hunt(bug: Bug, seeds: Iterable[int]) -> Hunt:
    """Sessions with the bug until one violates an invariant, or none is left."""
    begun, count, seed, found = time.process_time(), 0, 0, ""
    with planted(bug.planted):
        if bug.directed:
            found = f"test {bug.directed.rpartition('::')[2]}" if _fails(bug.directed) else ""
        else:
            for count, seed in enumerate(seeds, start=1):  # noqa: B007 - told below
                violations = session_for(bug, seed).violations
                if violations:
                    found = violations[0].invariant + (" faults of its own" if bug.faults else "")
                    break
    seconds = time.process_time() - begun
    return Hunt(bug.name, bug.planted.what, found, count, seed, seconds)


def session_for(bug: Bug, seed: int) -> Outcome:
    """The ordinary session of that seed, or the one with the faults that the bug asks for."""
    if not bug.faults:
        return session(seed)
    return run_session(replace(drawn(seed), rates=bug.faults), Tape(seed))


def hinted(bug: Bug, most: int) -> Iterator[int]:
    """The seed that is known to find the bug, then all others in turn."""
    first = [bug.killer] if bug.killer else []
    return chain(first, (seed for seed in range(1, most + 1) if seed != bug.killer))


def is_quiet(bug: Bug, seed: int) -> bool:
    """Whether a session without faults passes with the bug in it."""
    with planted(bug.planted):
        return not run_session(calm(seed), Tape(seed)).violations


def hunt_all(names: Sequence[str], *, most: int, workers: int) -> Iterator[Hunt]:
    """Every bug of those names, in the order of the catalogue, from seed 1 on."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_hunt_named, [(name, most) for name in names])


def lines(hunts: Sequence[Hunt]) -> Iterator[str]:
    """The table, for a terminal."""
    wide = max((len(each.name) for each in hunts), default=0)
    yield f"{'bug':<{wide}}  {'found by':<8}  {'seeds':>5}  {'seconds':>7}  what"
    for each in hunts:
        by = each.found.split(" ", 1)[0] or "MISSED"
        seeds = f"{each.seeds or '-':>5}"
        what = each.what if " " not in each.found else f"{each.what} ({each.found})"
        yield f"{each.name:<{wide}}  {by:<8}  {seeds}  {each.seconds:>7.1f}  {what}"
    found = sum(each.is_found for each in hunts)
    yield f"{found} of {len(hunts)} bugs found"


def _hunt_named(wanted: tuple[str, int]) -> Hunt:
    name, most = wanted
    (bug,) = (each for each in CATALOGUE if each.name == name)
    if bug.directed and _fails(bug.directed):
        raise ValueError(f"Expected {bug.directed} to pass without a bug, it fails")
    return hunt(bug, range(1, most + 1))


def _fails(test: str) -> bool:
    """Whether that test of ours fails now."""
    import pytest  # sessions are told on a Python without it, too

    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main(["-q", "-x", "-p", "no:xdist", test])
    return code == pytest.ExitCode.TESTS_FAILED
