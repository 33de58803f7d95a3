"""`qt run` as a process of its own, with what the end-to-end tests do to it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from local.market.synthetic import SyntheticMarket
from local.processes.ready import free_port

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "lean" / "minute" / "trade"


class QtRun:
    """One running `qt run`; its children are found through the process table."""

    def __init__(self, folder: Path, arguments: Sequence[str], *, user: int | None = None) -> None:
        self.port = free_port()
        self.folder = folder
        self.errors = folder / "stderr.txt"
        self.output = folder / "stdout.txt"
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"}
        command = [sys.executable, "-m", "cli.main", "run", "--port", str(self.port), *arguments]
        with self.errors.open("w") as errors, self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=errors,
                env=environment,
                cwd=folder,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )

    def said(self) -> str:
        return self.errors.read_text()

    def wait_until_up(self) -> None:
        poll(lambda: "http://" in self.said() or self.process.poll() is not None, deadline_s=90)
        assert self.process.poll() is None, self.said()

    def dashboard(self) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}/api/dashboard"
        with urllib.request.urlopen(address, timeout=10) as answer:
            picture: dict[str, Any] = json.load(answer)["dashboard"]
        return picture

    def wait_for_bars(self, count: int) -> None:
        """Until the pipeline has seen that many bars."""

        def reached() -> bool:
            assert self.process.poll() is None, self.said()
            try:
                return int(self.dashboard()["health"]["bars_seen"]) >= count
            except OSError:
                return False  # a part of it is being started again

        poll(reached, deadline_s=120)

    def children(self) -> dict[int, str]:
        """Process ids and command lines of everything that it started itself."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(child): _command_line(int(child)) for child in listed}

    def kill(self, word: str) -> int:
        """SIGKILL to the child whose command line has that word."""
        (pid,) = (pid for pid, line in self.children().items() if word in line)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait(self, *, deadline_s: float = 240) -> int:
        return self.process.wait(deadline_s)

    def summary(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        (line,) = self.output.read_text().splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def qt_run(folder: Path, *arguments: str, user: int | None = None) -> Iterator[QtRun]:
    """The run, ended at the end of the block; `user` is the account that it runs as."""
    folder.mkdir(parents=True, exist_ok=True)
    run = QtRun(folder, arguments, user=user)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
            try:
                run.process.wait(20)
            except subprocess.TimeoutExpired:
                run.process.kill()
                run.process.wait()


def write_bars(path: Path, *, symbols: Sequence[str], minutes: int, seed: int = 11) -> int:
    """A bar file of the first minutes of a synthetic session; how many rows it has."""
    market = SyntheticMarket(
        seed=seed, symbols=tuple(symbols), start=date(2024, 3, 4), sessions=1, warmup_minutes=0
    )
    rows = 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("symbol", "ts_ms", "open", "high", "low", "close", "volume"))
        for number, (start_ms, bars) in enumerate(market.minutes()):
            if number == minutes:
                break
            for bar in bars:
                prices = (bar.open, bar.high, bar.low, bar.close)
                writer.writerow((bar.symbol, start_ms, *prices, bar.volume))
                rows += 1
    return rows


def poll(condition: Callable[[], bool], *, deadline_s: float) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether that process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""
