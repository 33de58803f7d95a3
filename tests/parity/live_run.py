"""A whole live run (queues, handlers, stores, broker) over a bar file, and what its ledger says."""

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from cli.planning import RunOptions, make_plan
from local.plan import RunPlan
from local.processes.ready import free_port
from local.progress import Progress
from local.pump.duplicates import DUPLICATE_KINDS
from local.run_folder import RunFolder
from local.servers import Servers
from local.summary import Summary
from local.supervisor import Run

Row = tuple[Any, ...]

_SIGNALS = """
    select id, action, quantity, reference_price from signals
    where origin = 'strategy' order by bar_start, id
"""
_INTENTS = """
    select id, side, quantity, limit_price, denial_code from intents
    where origin = 'strategy' order by id
"""
_FILLS = """
    select o.intent_id, f.side, f.quantity, f.price, f.cumulative from fills f
    join orders o using (client_order_id) order by o.intent_id, f.cumulative
"""


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided and what came of it, in an order that any run can be brought into."""

    signals: list[Row]
    intents: list[Row]
    fills: list[Row]
    cash: Decimal


class Faults(Progress):
    """Kills a child process when the market reaches a time; each once. `again` is how many
    messages of each kind come a second time at every step of the market, by their fault's name.
    """

    def __init__(
        self,
        deaths: Mapping[datetime, str] | None = None,
        *,
        again: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(io.StringIO())
        self.servers: Servers | None = None
        self.killed: list[str] = []
        self.evaluated: Counter[str] = Counter()
        self._deaths = dict(deaths or {})
        self._again = dict(again or {})

    def market_time(self, now: datetime) -> None:
        self._deliver_again()
        for at in [at for at in self._deaths if at <= now]:
            name = self._deaths.pop(at)
            if self.servers is not None:
                self.servers.children[name].process.kill()
                self.killed.append(name)

    def note(self) -> None:
        """How often each minute reached the strategies, from the log of their function."""
        if self.servers is None:
            return
        log = self.servers.children["pump"].log.read_text(encoding="utf-8")
        for line in log.splitlines():
            if '"MinuteEvaluated"' in line:
                self.evaluated[json.loads(line[line.index("{") :])["minute"]] += 1

    def _deliver_again(self) -> None:
        if self.servers is None:
            return
        for kind, count in self._again.items():
            name = "pump" if kind in DUPLICATE_KINDS else "market"
            self.servers.client(name).post("/fault", {"kind": kind, "count": count})


def plan_for(folder: Path, bars: list[Path], *, config: str = "", cash: str = "100000") -> RunPlan:
    """A run of the bar files as fast as possible; `config` is TOML."""
    file = folder / "qt.toml"
    file.write_text(config)
    options = RunOptions(
        bars=bars,
        speed="max",
        exits=True,
        port=free_port(),
        config=file,
        cash=Decimal(cash),
        run_dir=folder / "run",
    )
    return make_plan(options, {})


def run_live(plan: RunPlan, *, faults: Faults | None = None) -> Record:
    """Play the plan to its end; the books must agree."""
    progress = faults or Faults()
    folder = RunFolder.make(plan.run_dir, now=datetime.now(UTC))
    servers = Servers(plan, folder)
    progress.servers = servers
    found: list[Record] = []

    def read(summary: Summary) -> None:
        assert summary.agreement.agree, summary.agreement.differences
        found.append(_read(servers))
        progress.note()

    try:
        stop = threading.Event()
        assert Run(plan, servers, progress=progress, show=read, stop=stop).run() == 0
    finally:
        servers.stop()
    (record,) = found
    return record


def _read(servers: Servers) -> Record:
    with psycopg.connect(servers.ledger.url) as connection:
        rows: Callable[[str], list[Row]] = lambda text: connection.execute(text).fetchall()  # noqa: E731 - three uses
        (cash,) = rows("select cash from accounts")[0]
        return Record(rows(_SIGNALS), rows(_INTENTS), rows(_FILLS), cash)
