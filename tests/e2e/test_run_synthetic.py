"""The default run: a synthetic market in accelerated real time, and how it is left."""

import os
import signal
import sys
from pathlib import Path

import pytest

from local.processes.accounts import can_reach
from local.processes.child import Account
from tests.e2e.qt_process import ROOT, is_alive, poll, qt_run, write_bars

pytestmark = pytest.mark.timeout(300)


def test_the_page_shows_a_simulated_market_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with qt_run(tmp_path, "--speed", "120", "--seed", "3") as run:
        run.wait_until_up()
        assert f"QuantTerminal [SIMULATED] http://127.0.0.1:{run.port}" in run.said()
        run.wait_for_bars(20)
        picture = run.dashboard()
        children = run.children()

        run.process.send_signal(signal.SIGINT)

        assert run.wait(deadline_s=10) == 0, run.said()
    assert picture["mode"] == "SIMULATED"
    assert "synthetic" in picture["source"]
    assert len(children) >= 7
    assert not [line for pid, line in children.items() if is_alive(pid)]
    assert list((tmp_path / "build" / "runs").iterdir()) == []


def test_a_killed_supervisor_takes_everything_along(tmp_path: Path) -> None:
    with qt_run(tmp_path, "--speed", "120") as run:
        run.wait_until_up()
        children = run.children()

        run.process.kill()
        run.wait(deadline_s=10)

        poll(lambda: not any(is_alive(pid) for pid in children), deadline_s=10)


@pytest.mark.parametrize(("name", "word"), [("local-aws", "ministack"), ("market", "local.market")])
def test_the_end_of_what_is_only_in_memory_is_the_end_of_the_run(
    tmp_path: Path, name: str, word: str
) -> None:
    with qt_run(tmp_path, "--speed", "120") as run:
        run.wait_until_up()
        children = run.children()

        run.kill(word)

        assert run.wait(deadline_s=20) == 1
        poll(lambda: not any(is_alive(pid) for pid in children), deadline_s=10)
    assert f"{name} stopped (signal 9), and the run with it" in run.said()
    (logs,) = (tmp_path / "build" / "runs").glob("*/logs")
    assert (logs / f"{name}.log").exists()


def test_a_slice_of_a_day_in_accelerated_time_ends_in_agreement(tmp_path: Path) -> None:
    rows = write_bars(tmp_path / "bars.csv", symbols=("ALDR", "BRKT"), minutes=30)
    arguments = ("--bars", str(tmp_path / "bars.csv"), "--speed", "120", "--exit", "--json")

    with qt_run(tmp_path / "run", *arguments) as run:
        assert run.wait(deadline_s=280) == 0, run.said()
        summary = run.summary()

    assert summary["bars_in"] == rows
    assert summary["agreement"]["agree"] is True


def test_a_malformed_bar_file_is_named_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text("symbol,ts_ms,open,high,low,close,volume\nIBM,1381152600000,1,2,x,1,10\n")

    with qt_run(tmp_path / "run", "--bars", str(file), "--speed", "max", "--exit") as run:
        assert run.wait(deadline_s=20) == 2

    assert f"{file}, line 2: expected a number in column low, was 'x'" in run.said()
    assert len(run.said().splitlines()) == 1


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with qt_run(tmp_path / "first", "--speed", "1") as first:
        first.wait_until_up()
        with qt_run(tmp_path / "second", "--port", str(first.port)) as second:
            assert second.wait(deadline_s=20) == 2

    assert f"Expected port {first.port} to be free" in second.said()
    assert len(second.said().splitlines()) == 1


NOBODY = 65534


def _nobody_can_run_this() -> bool:
    account = Account(NOBODY, NOBODY)
    interpreter = Path(sys.executable)
    return all(can_reach(account, path) for path in (interpreter, interpreter.resolve(), ROOT))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(
    not _nobody_can_run_this(), reason="checkout or interpreter lie where other users may not go"
)
def test_it_runs_for_a_normal_user_too(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    rows = write_bars(tmp_path / "bars.csv", symbols=("ALDR",), minutes=10)
    arguments = ("--bars", str(tmp_path / "bars.csv"), "--speed", "max", "--exit", "--json")

    with qt_run(home, *arguments, user=NOBODY) as run:
        assert run.wait(deadline_s=120) == 0, run.said()
        assert run.summary()["bars_in"] == rows
