"""Three real symbols of one day, as fast as possible, twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.qt_process import RECORDED, qt_run

FILES = [RECORDED / f"{symbol}_20131007.csv.gz" for symbol in ("IBM", "SPY", "BAC")]
SESSION_MINUTES = 390

pytestmark = [
    pytest.mark.skipif(
        not all(file.exists() for file in FILES), reason="the recorded bars are not here"
    ),
    pytest.mark.timeout(900),
]


def play(folder: Path) -> dict[str, Any]:
    names = [str(file) for file in FILES]
    with qt_run(folder, "--bars", *names, "--speed", "max", "--exit", "--json") as run:
        assert run.wait(deadline_s=420) == 0, run.said()
        return run.summary()


def test_a_recorded_day_ends_in_agreement_and_twice_in_the_same_decisions(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as two:
        first, second = two.map(play, (tmp_path / "first", tmp_path / "second"))

    assert first["bars_in"] == SESSION_MINUTES * len(FILES)
    assert first["orders"] > 0
    assert first["fills"] > 0
    assert first["agreement"]["agree"] is True
    assert first["agreement"]["differences"] == []
    assert first["latency_ms"]["p50"] > 0
    for measured in ("latency_ms", "duration_s"):
        first.pop(measured)
        second.pop(measured)
    assert first == second
