"""A child process: started in a session of its own, never outliving the one who started it.

Children are tied to the thread that starts them (Linux counts the thread, not the process, as the
parent), so only a thread that lives as long as the run may call `Child.start`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_SHIM = Path(__file__).with_name("shim.py")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the machine that a process may run as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. `environment` is complete: nothing is inherited that is not in it.

    `stop_signal` asks the program to end in good order; `death_signal` is what it gets when the
    supervisor is gone.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    keeps_stdout: bool = field(default=False, kw_only=True)


class Child:
    """One running program; its output goes to `<logs>/<name>.log`."""

    def __init__(self, command: Command, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.command = command
        self.process = process
        self.log = log
        self.started_at = time.monotonic()

    @classmethod
    def start(cls, command: Command, *, logs: Path) -> Self:
        """Start it; with `keeps_stdout` standard output is a pipe for the ready line."""
        log = logs / f"{command.name}.log"
        account = command.account or Account(-1, -1)
        tie = [os.getpid(), int(command.death_signal), account.uid, account.gid]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SHIM), *map(str, tie), *command.argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if command.keeps_stdout else output,
                stderr=output,
                env=dict(command.environment),
                cwd=command.folder,
                start_new_session=True,
            )
        return cls(command, process, log)

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def ending(self) -> str:
        """How it ended, in words: `signal 9` or `exit status 3`."""
        code = self.process.poll()
        if code is None:
            return "still running"
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    def ask_to_stop(self) -> None:
        if self.is_running:
            self.process.send_signal(self.command.stop_signal)

    def stop(self, *, patience_s: float = 3.0) -> None:
        """Ask it to end, wait for `patience_s`, then end it and what is left of its group."""
        self.ask_to_stop()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _end_group(self.pid)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def last_words(self, lines: int = 3) -> str:
        """The end of its log, for an error that has to explain itself."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return " / ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())


def inherited_environment() -> dict[str, str]:
    """The few variables of this process that a child may see; secrets and tuning stay here."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def _end_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nobody left
