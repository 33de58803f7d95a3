"""One disturbed run of the real system, from a seed: `python -m tests.soak SEED...`.

The faults come from outside, as in life: signals to processes, the control ports of market and
pump, a flushed cache, the operator's own verbs.
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from cli.remote import Remote
from local.errors import LocalRunError
from local.json_http import RemoteError
from tests.e2e.qt_process import ROOT, QtRun, poll, qt_run, write_bars
from tests.soak.doors import Doors
from tests.soak.oracle import Picture, Span, take_picture, violations
from tests.soak.plan import (
    FLUSH,
    HELD,
    IN_SUBMIT,
    KILLED,
    MARKET_FAULTS,
    MINUTES,
    PUMP_FAULTS,
    RESUME,
    VERBS,
    Fault,
    Plan,
    draw,
)

FOLDER = ROOT / "build" / "soak"
CASH = Decimal(1_000_000)  # enough for orders that fill in several parts
_BUSY = {"busy": 2, "brisk": 3}
_PLAY_WITHIN_S = 900.0
_NEXT_ORDER_WITHIN_S = 10.0
_AWAY = (RemoteError, LocalRunError, HTTPError, OSError, redis.RedisError, psycopg.OperationalError)
_GONE = (*_AWAY, BotoCoreError, ClientError, psycopg.Error)
_VERB_ROUTES = {"pause": "halt", "flatten": "flatten", RESUME: "resume"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed; `problems` is empty where everything held."""

    seed: int
    done: Counter[str]
    orders: int
    fills: int
    seconds: float
    folder: Path
    problems: tuple[str, ...]

    @property
    def line(self) -> str:
        faults = " ".join(f"{kind}:{count}" for kind, count in sorted(self.done.items()))
        verdict = "agree" if not self.problems else f"NOT: {'; '.join(self.problems)}"
        where = f" (kept: {self.folder})" if self.problems else ""
        return (
            f"seed {self.seed:>4}  orders {self.orders:>3}  fills {self.fills:>3}"
            f"  {self.seconds:5.1f} s  {verdict}{where}  [{faults}]"
        )


def play(seed: int, folder: Path) -> Outcome:
    """Run `seed` in `folder`: an older one is replaced, and it is removed when everything held."""
    plan = draw(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    write_bars(folder / "bars.csv", symbols=plan.symbols, minutes=MINUTES, seed=seed)
    (folder / "qt.toml").write_text(_configuration(plan))
    arguments = ("--bars", str(folder / "bars.csv"), "--config", str(folder / "qt.toml"))
    arguments += ("--speed", "max", "--exit", "--json", "--keep", "--cash", str(CASH))
    with qt_run(folder, *arguments, "--run-dir", str(folder / "run")) as run:
        chaos = Chaos(run, plan)
        try:
            chaos.play()
            problems = chaos.verdict()
        except AssertionError as problem:
            problems = [str(problem) or "the harness gave up"]
    problems += chaos.left_behind()
    picture = chaos.picture
    outcome = Outcome(
        seed=seed,
        done=chaos.done,
        orders=0 if picture is None else len(picture.broker_orders),
        fills=0 if picture is None else len(picture.broker_fills),
        seconds=time.monotonic() - began,
        folder=folder,
        problems=tuple(problems),
    )
    if not problems:
        shutil.rmtree(folder)
    return outcome


class Chaos:
    """Carries out a plan while the run goes on; `done` counts what was really done."""

    def __init__(self, run: QtRun, plan: Plan) -> None:
        self._run = run
        self._plan = plan
        self._symbols = len(plan.symbols)
        self._spans: list[Span] = []
        self._halted_at: int | None = None
        self._children: dict[int, str] = {}
        self.done: Counter[str] = Counter()
        self.picture: Picture | None = None

    def play(self) -> None:
        """To the end of the run's process."""
        self._run.wait_until_up()
        self._doors = Doors(self._run, self._run.folder / "run")
        end = time.monotonic() + _PLAY_WITHIN_S
        for fault in self._plan.faults:
            while self._minute() < fault.minute and self._is_running(end):
                time.sleep(0.01)
            time.sleep(fault.delay_s)
            if not self._is_running(end):
                break
            if self._has_ended():
                self._look()
            self._do(fault)
        while self._is_running(end):
            if self._has_ended():
                self._look()
            time.sleep(0.05)

    def verdict(self) -> list[str]:
        code = self._run.wait(deadline_s=20)
        if code != 0:
            return [f"exit status {code}: {self._run.said().strip().splitlines()[-1]}"]
        if self.picture is None:
            return ["the end of the run was not seen"]
        summary = self._run.summary()
        problems = violations(
            self.picture,
            cash=CASH,
            strategies=dict.fromkeys(_BUSY, self._plan.symbols),
            spans=self._spans,
        )
        agreement = summary["agreement"]
        problems += [] if agreement["agree"] else [f"summary: {agreement['differences']}"]
        bars = MINUTES * self._symbols
        fewest = bars - self.done["stall_feed"] * self._symbols  # what was never sent may be missed
        if not fewest <= summary["bars_in"] <= bars:
            problems.append(f"{summary['bars_in']} bars came in of {bars}")
        end = (len(self.picture.broker_orders), f"{self.picture.cash:.2f}")
        if (agreement["broker"]["orders"], agreement["broker"]["cash"]) != end:
            problems.append("the last look came too early")
        if not self.picture.broker_fills:
            problems.append("nothing was traded")
        return problems

    def left_behind(self) -> list[str]:
        """Processes that outlived the run."""
        roots = (str(self._run.folder), *_data_folders(self._children.values()))
        with suppress(AssertionError):
            poll(lambda: not _living_in(roots), deadline_s=10)
        return [f"still there: {line}" for line in _living_in(roots)]

    def _do(self, fault: Fault) -> None:
        kind = fault.kind
        if kind in HELD:
            self._do_in_submit(fault)
        elif kind.startswith("kill "):
            self._kill(kind.removeprefix("kill "))
        elif kind == FLUSH:
            with suppress(redis.RedisError):
                self._doors.flush()
                self.done[kind] += 1
        elif kind in MARKET_FAULTS:
            self._arm(self._doors.market.post, fault)
        elif kind in PUMP_FAULTS:
            self._arm(self._doors.pump.post, fault)
        else:
            self._speak(kind)

    def _do_in_submit(self, fault: Fault) -> None:
        """Lets the broker keep the answer to the next order to itself, and strikes meanwhile."""
        if self._halted_at is not None:
            return  # no order may come for long, and the end of the halt is next in the plan
        before = self._broker_orders()
        self._arm(self._doors.market.post, replace(fault, kind="submit_timeout_after", count=1))
        end = time.monotonic() + _NEXT_ORDER_WITHIN_S
        while self._run.process.poll() is None and time.monotonic() < end:
            if self._has_ended():
                return
            if self._broker_orders() > before:
                deed = fault.kind.removesuffix(IN_SUBMIT)
                self.done[fault.kind] += 1
                self._do(replace(fault, kind=deed))
                return
            time.sleep(0.01)

    def _broker_orders(self) -> int:
        with suppress(RemoteError):
            return len(self._doors.market.get("/state")["broker"]["orders"])
        return 0

    def _kill(self, name: str) -> None:
        self._children |= self._run.children()
        with suppress(ValueError, ProcessLookupError):  # it is being started again already
            self._run.kill(KILLED[name])
            self.done[f"kill {name}"] += 1

    def _arm(self, post: Callable[[str, Any], Any], fault: Fault) -> None:
        with suppress(RemoteError):
            post("/fault", {"kind": fault.kind, "count": fault.count})
            self.done[fault.kind] += fault.count

    def _speak(self, verb: str) -> None:
        """An operator insists until the command is acknowledged."""
        before = self._journal_number() if verb == RESUME else 0
        remote = Remote(self._run.port)

        def acknowledged() -> bool:
            if self._run.process.poll() is not None:
                return True
            with suppress(*_AWAY):
                remote.command(_VERB_ROUTES[verb], "chaos")
                self.done[verb] += 1
                return True
            return False

        poll(acknowledged, deadline_s=60)
        if verb in VERBS:
            self._halted_at = self._journal_number()
        elif self._halted_at is not None:
            self._spans.append(Span(self._halted_at, before))
            self._halted_at = None

    def _journal_number(self) -> int:
        found: list[int] = []

        def is_read() -> bool:
            with suppress(*_AWAY), self._doors.ledger() as connection:
                row = connection.execute("select max(seq) as seq from journal").fetchone()
                found.append(0 if row is None else int(row["seq"]))
            return bool(found)

        poll(is_read, deadline_s=60)
        return found[0]

    def _minute(self) -> int:
        """How many minutes the market has played; the end counts as all of them."""
        with suppress(RemoteError):
            state = self._doors.market.get("/state")
            return MINUTES if state["ended"] else int(state["bars_played"]) // self._symbols
        return 0

    def _has_ended(self) -> bool:
        with suppress(RemoteError):
            return bool(self._doors.market.get("/state")["ended"])
        return False

    def _look(self) -> None:
        """The last picture that can be taken is the one that counts."""
        with suppress(*_GONE):
            self.picture = take_picture(self._doors)

    def _is_running(self, end: float) -> bool:
        assert time.monotonic() < end, f"not over after {_PLAY_WITHIN_S:.0f} s"
        return self._run.process.poll() is None


def _configuration(plan: Plan) -> str:
    busy = "".join(
        f'[[strategies]]\nname = "{name}"\nkind = "tests.soak.busy:Busy"\n'
        f"parameters = {{ every = {every} }}\n"
        for name, every in _BUSY.items()
    )
    return f'account = "chaos-{plan.seed}"\n{busy}[execution]\nlimit_offset_bps = 2\n'


def _data_folders(lines: Iterable[str]) -> list[str]:
    """Where the database had to move because its account may not enter the run's folder."""
    words = [line.split() for line in lines if KILLED["postgres"] in line]
    return [each[each.index("-D") + 1] for each in words if "-D" in each]


def _living_in(roots: tuple[str, ...]) -> list[str]:
    """The command lines of processes whose working folder lies in one of `roots`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            if (entry / "cwd").readlink().as_posix().startswith(roots):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found
