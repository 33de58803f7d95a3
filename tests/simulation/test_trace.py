"""The same seed is the same trace, in one process, under other hash seeds and on other Pythons."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project_files import ROOT
from tests.simulation import second_python
from tests.simulation.campaign import session
from tests.simulation.swarm import calm, drawn
from tests.simulation.tape import Tape, scripted
from tests.simulation.world import run_session

SEEDS = (1, 6, 11)


def trace_of(python: str | Path, seed: int, **environment: str) -> str:
    """The hash that a new process of that Python prints."""
    done = subprocess.run(
        [str(python), "-m", "tests.simulation", "replay", str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    hashes = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("trace ")]
    assert hashes, done.stdout + done.stderr
    return hashes[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_told_twice_is_the_same_trace(seed: int) -> None:
    assert session(seed).trace.hexdigest() == session(seed).trace.hexdigest()


def test_the_trace_depends_on_the_seed() -> None:
    assert len({session(seed).trace.hexdigest() for seed in SEEDS}) == len(SEEDS)


def test_the_trace_does_not_depend_on_the_hash_seed() -> None:
    seed = SEEDS[0]
    here = session(seed).trace.hexdigest()
    assert trace_of(sys.executable, seed, PYTHONHASHSEED="1") == here
    assert trace_of(sys.executable, seed, PYTHONHASHSEED="2") == here


@pytest.mark.skipif(
    not second_python.PYTHON.exists(),
    reason=f"this machine has no Python {second_python.MINOR}: the traces were told by one alone",
)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_trace_does_not_depend_on_the_version_of_python(seed: int) -> None:
    assert trace_of(second_python.PYTHON, seed) == session(seed).trace.hexdigest()


def test_a_tape_told_again_is_the_same_trace() -> None:
    told = session(SEEDS[0])
    again = run_session(drawn(SEEDS[0]), Tape(SEEDS[0], scripted(told.tape.draws)))
    assert again.trace.hexdigest() == told.trace.hexdigest()


def test_a_session_without_faults_injects_none_and_trades() -> None:
    quiet = run_session(calm(3), Tape(3))
    assert quiet.chaos.injected == []
    assert quiet.violations == []
    assert quiet.fills > 10
