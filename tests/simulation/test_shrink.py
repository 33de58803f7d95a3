"""A failure is cut down to its cause, in few runs, and told again it fails the same way."""

from collections.abc import Iterator

import pytest

from tests.simulation.campaign import session
from tests.simulation.faults import Fault
from tests.simulation.planting import Planted, Replacement, planted
from tests.simulation.report import told
from tests.simulation.shrink import Shrinker
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, run_session

MOST_RUNS = 80
NO_RECOVERY = Planted(
    "no recovery of fills",
    "fills that the stream lost are never read over REST",
    (
        Replacement(
            "quantterminal.services.reconcile",
            "fills = list(runtime.books.fills_since(since))",
            "fills = []",
        ),
    ),
)
LOSES_A_FRAME = {Fault.FRAME_DROPPED, Fault.STREAM_CUT, Fault.CONTAINER_KILLED, Fault.FRAME_DELAYED}


@pytest.fixture(scope="module")
def buggy() -> Iterator[None]:
    with planted(NO_RECOVERY):
        yield


@pytest.fixture(scope="module")
def failed(buggy: None) -> Outcome:  # noqa: ARG001  the bug is in while it runs
    for seed in range(1, 60):
        outcome = session(seed)
        if outcome.violations and LOSES_A_FRAME & {e.fault for e in outcome.chaos.injected}:
            return outcome
    raise AssertionError("Expected a seed that finds the bug")


def test_few_faults_are_left_and_the_rest_is_told_the_same_way_again(failed: Outcome) -> None:
    shrunk = Shrinker(failed, most_runs=MOST_RUNS).shrink()
    again = run_session(shrunk.swarm, Tape(shrunk.swarm.seed, shrunk.script))
    left = shrunk.outcome.chaos.injected

    assert shrunk.runs <= MOST_RUNS
    assert len(left) <= 5 < len(failed.chaos.injected)
    assert shrunk.swarm.bars <= failed.swarm.bars
    assert again.violations == shrunk.outcome.violations
    assert again.violations[0].invariant == failed.violations[0].invariant
    lines = told(shrunk)
    assert [str(each.fault) for each in left] == [
        line.rsplit(": ", 1)[1] for line in lines[2 : 2 + len(left)]
    ]
