"""Many sessions in as many processes as there are cores for it."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.simulation.report import Tally, failure
from tests.simulation.swarm import drawn
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, run_session

_SHARE = 10


def session(seed: int, *, bars: int | None = None, keeps_lines: bool = False) -> Outcome:
    """The session of one seed, its mix of faults drawn."""
    return run_session(drawn(seed, bars=bars), Tape(seed), keeps_lines=keeps_lines)


def run(
    seeds: Sequence[int],
    *,
    workers: int,
    tell: Callable[[Iterable[str]], None] = lambda _lines: None,
) -> Tally:
    """Many sessions, in as many processes; a failure is told as soon as its share is done."""
    started = time.perf_counter()
    total = Tally()
    shares = [seeds[first : first + _SHARE] for first in range(0, len(seeds), _SHARE)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(tally_of, list(share)) for share in shares]):
            tally = done.result()
            for seed, text in sorted(tally.failed.items()):
                tell(failure(seed, text))
            total.merge(tally)
    total.seconds = time.perf_counter() - started
    return total


def tally_of(seeds: Sequence[int]) -> Tally:
    """The sums over some sessions, in this process."""
    tally = Tally()
    for seed in seeds:
        tally.add(session(seed))
    return tally
