"""Many sessions in as many processes as there are cores for it."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulation.report import Tally
from tests.simulation.swarm import drawn
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, run_session


def session(seed: int, *, bars: int | None = None, keeps_lines: bool = False) -> Outcome:
    """The session of one seed, its mix of faults drawn."""
    return run_session(drawn(seed, bars=bars), Tape(seed), keeps_lines=keeps_lines)


def run(seeds: Sequence[int], *, workers: int) -> Tally:
    """Many sessions, in as many processes."""
    started = time.perf_counter()
    total = Tally()
    shares = [list(seeds[first :: 4 * workers]) for first in range(4 * workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for tally in pool.map(tally_of, [share for share in shares if share]):
            total.merge(tally)
    total.seconds = time.perf_counter() - started
    return total


def tally_of(seeds: Sequence[int]) -> Tally:
    """The sums over some sessions, in this process."""
    tally = Tally()
    for seed in seeds:
        tally.add(session(seed))
    return tally
