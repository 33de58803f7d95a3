"""One run of the lane against a hostile feed and a database that goes away."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from local.processes.child import Child
from local.processes.postgres import Postgres, start_postgres
from quantterminal.adapters.postgres.migrate import migrate
from tests.bench.feed.processes import measured, started

IN_SESSION = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults at seconds after the start: (second, kind); the database is away for `away_s`."""

    seconds: float
    rate: int
    faults: Sequence[tuple[float, str]]
    away_at: float
    away_s: float


def offset_ms() -> int:
    return int((IN_SESSION.timestamp() - time.time()) * 1000)


@contextmanager
def own_postgres(folder: Path) -> Iterator[Postgres]:
    (folder / "logs").mkdir()
    server = start_postgres(folder, logs=folder / "logs")
    try:
        yield server
    finally:
        server.stop()


def run(plan: Plan, server: Postgres, logs: Path) -> dict[str, Any]:
    """What the pipeline says, with `in_store`, `distinct` and `on_tape` counts of prints."""
    database = server.create_database("hostile").url
    migrate(database)
    offset = offset_ms()
    with started("hostile", rate=plan.rate, seconds=plan.seconds, offset_ms=offset) as feed:
        options = {**feed, "database": database, "offset_ms": offset, "stall_after_s": 3.0}
        with ThreadPoolExecutor() as pool:
            running = pool.submit(measured, "pipeline", json.dumps(options))
            _misbehave(plan, feed["rest_port"], server, logs, running.done)
            found = running.result()
        with urlopen(f"http://127.0.0.1:{feed['rest_port']}/tape") as answer:
            on_tape = json.loads(answer.read())
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "select count(*), count(distinct (symbol_id, sequence)) from trades"
        ).fetchone()
    assert row is not None
    return {**found, "in_store": row[0], "distinct": row[1], "on_tape": sum(on_tape.values())}


def _misbehave(plan: Plan, rest_port: int, server: Postgres, logs: Path, is_over: Any) -> None:
    began = time.monotonic()
    steps = [(at, kind) for at, kind in plan.faults]
    steps += [(plan.away_at, "database-away"), (plan.away_at + plan.away_s, "database-back")]
    for at, kind in sorted(steps):
        while time.monotonic() - began < at and not is_over():
            time.sleep(0.05)
        if kind == "database-away":
            server.child.stop(patience_s=10.0)
        elif kind == "database-back":
            server.child = Child.start(server.child.command, logs=logs)
        else:
            url = f"http://127.0.0.1:{rest_port}/fault/{kind}"
            urlopen(Request(url, method="POST")).close()
