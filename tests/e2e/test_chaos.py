"""One of the disturbed runs of `make soak` here: a seed with many kinds of faults."""

from pathlib import Path

import pytest

from tests.soak.chaos import play

SEED = 44


@pytest.mark.timeout(400)
def test_ledger_cache_and_broker_agree_after_a_disturbed_run(tmp_path: Path) -> None:
    outcome = play(SEED, tmp_path / "run")

    assert outcome.problems == ()
    assert outcome.orders > 0
