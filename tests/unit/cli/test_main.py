import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes.ready import free_port
from tests.e2e.qt_process import ROOT


def qt(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=cwd
    )


def test_help_names_the_commands() -> None:
    done = qt("--help")

    assert done.returncode == 0
    for name in (
        "run",
        "doctor",
        "status",
        "pause",
        "resume",
        "flatten",
        "cancel",
        "audit",
        "config",
    ):
        assert name in done.stdout


def test_a_wrong_configuration_is_listed_and_ends_with_2(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('mode = "X"\ncolour = 1\n')

    done = qt("config", "check", str(file))

    assert done.returncode == 2
    assert "2 problem(s)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_users_own_strategy_is_found_in_the_present_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from quantzoo.strategy import SignalStrategy\n\n\nclass Mine(SignalStrategy):\n"
        "    def generate_signal(self, symbol, bar):\n        return 0\n"
    )
    file = tmp_path / "x.toml"
    file.write_text('[[strategies]]\nname = "mine"\nkind = "mine:Mine"\n')

    done = qt("config", "check", str(file), cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "strategies mine" in done.stdout


@pytest.mark.parametrize("verb", ["status", "pause"])
def test_nobody_there_is_one_sentence(verb: str) -> None:
    done = qt(verb, "--port", str(free_port()))

    assert done.returncode == 1
    assert "nobody answers" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--speed", "warp"),
        ("--cash", "-5"),
        ("--broker", "alpaca-paper"),
        ("--config", "none.toml"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_one_sentence(arguments: tuple[str, ...]) -> None:
    done = qt("run", *arguments)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("qt: ")
