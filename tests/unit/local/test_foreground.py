import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from local import foreground

DEADLINE_S = 20
ENDS_WELL_ON_INTERRUPT = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print("ready", flush=True)
while True:
    signal.pause()
"""
# Plays make: it would die of the interrupt if the terminal sent it one, and reports the status.
CALLER = """
import subprocess, sys
status = subprocess.run([sys.executable, "-m", "local.foreground", *sys.argv[1:]]).returncode
print(f"ended with {status}", flush=True)
"""


def read_until(terminal: int, text: str) -> str:
    seen, deadline = "", time.monotonic() + DEADLINE_S
    while text not in seen:
        left = deadline - time.monotonic()
        assert left > 0, f"Expected {text!r} on the terminal, was {seen!r}"
        if select.select([terminal], [], [], left)[0]:
            seen += os.read(terminal, 4096).decode()
    return seen


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def start_on_terminal(program: str, environment: dict[str, str]) -> tuple[int, int]:
    """Process id of the caller, which leads a session of its own, and its terminal."""
    caller, terminal = pty.fork()
    if caller == 0:
        arguments = [sys.executable, "-c", CALLER, sys.executable, "-c", program]
        os.execve(sys.executable, arguments, environment)  # noqa: S606 - our own arguments
    return caller, terminal


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_interrupt_from_the_terminal_reaches_the_command_only(environment: dict[str, str]) -> None:
    caller, terminal = start_on_terminal(ENDS_WELL_ON_INTERRUPT, environment)
    try:
        read_until(terminal, "ready")
        os.write(terminal, b"\x03")
        assert "ended with 0" in read_until(terminal, "ended with")
        assert os.waitpid(caller, 0)[1] == 0
    finally:
        os.close(terminal)


def test_without_a_terminal_the_command_takes_its_place(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "local.foreground", sys.executable, "-c"]
    running = subprocess.Popen(
        [*command, "import os; print(os.getpid()); raise SystemExit(7)"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment,
    )
    printed, _ = running.communicate(timeout=DEADLINE_S)
    assert int(printed) == running.pid
    assert running.returncode == 7


def test_a_missing_program_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["foreground", "no-such-program"])
    assert foreground.main() == 127
    assert "no-such-program" in capsys.readouterr().err


def test_death_by_signal_is_reported_as_shells_do(environment: dict[str, str]) -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    caller, terminal = start_on_terminal(program, environment)
    try:
        assert f"ended with {128 + signal.SIGKILL}" in read_until(terminal, "ended with")
        os.waitpid(caller, 0)
    finally:
        os.close(terminal)
