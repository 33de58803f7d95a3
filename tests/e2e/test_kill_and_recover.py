"""Processes are killed in mid-run: no bar is lost, no order is placed twice, the books agree."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.qt_process import QtRun, qt_run, write_bars

SYMBOLS = ("ALDR", "BRKT", "CYGN")
MINUTES = 60
KILLED = {
    "container": "ingest_container",
    "pump": "local.pump",
    "valkey": "valkey-server",
    "postgres": "listen_addresses=127.0.0.1",
}

pytestmark = pytest.mark.timeout(600)


def play(folder: Path, bars: Path, kills: dict[int, str]) -> tuple[QtRun, dict[str, Any]]:
    """`kills` says which child is killed once that many bars have been seen."""
    with qt_run(folder, "--bars", str(bars), "--speed", "max", "--exit", "--json") as run:
        run.wait_until_up()
        for count, word in kills.items():
            run.wait_for_bars(count)
            run.kill(word)
        assert run.wait(deadline_s=400) == 0, run.said()
    return run, run.summary()


def test_kills_in_mid_run_change_nothing_in_the_books(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    rows = write_bars(bars, symbols=SYMBOLS, minutes=MINUTES)
    _, undisturbed = play(tmp_path / "undisturbed", bars, {})
    kills = dict(zip((40, 75, 110, 140, 160), [*KILLED.values(), KILLED["pump"]], strict=True))

    run, summary = play(tmp_path / "disturbed", bars, kills)

    for name in KILLED:
        assert f"{name} stopped (signal 9), starting it again" in run.said()
    assert summary["bars_in"] == undisturbed["bars_in"] == rows
    assert summary["agreement"]["agree"] is True
    assert summary["agreement"]["ledger"]["orders"] == summary["agreement"]["broker"]["orders"]
    assert summary["orders"] > 0
    assert summary["signals"] == undisturbed["signals"]
