"""`python -m tests.bench.feed.measure`: the feed's speed in one table, references in the same run.

Each row says what was reached, the reference beside it, the ratio, the goal and whether it was
met; the rows are added to build/bench.json. `--quick` is for looking whether it runs: less of
everything.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.processes.postgres import Postgres, start_postgres
from quantterminal.adapters.postgres.migrate import migrate
from tests.bench import report
from tests.bench.feed import stored
from tests.bench.feed.processes import measured, sending
from tests.bench.report import Row

_MOST_MB = 150.0
_LIBRARIES = ("picows", "msgspec", "numpy", "psycopg", "massive")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    frames: int
    seconds: float
    rows: int
    day_rows: int


FULL = Size(frames=100_000, seconds=60.0, rows=20_000_000, day_rows=4_000_000)
QUICK = Size(frames=10_000, seconds=5.0, rows=1_000_000, day_rows=200_000)


def rows(server: Postgres, size: Size) -> Iterator[Row]:
    """Every row, each when it is measured."""
    yield _decoding(size, events_a_frame=20, goal=13.0)
    yield _decoding(size, events_a_frame=1, goal=28.0)
    yield from _storing(server, size)
    yield from _keeping(server, size)


def _decoding(size: Size, *, events_a_frame: int, goal: float) -> Row:
    speeds = {}
    for name, share in (("ours", 1), ("official", 10)):
        frames = size.frames * (1 if events_a_frame > 1 else 5) // share
        with sending(events_a_frame=events_a_frame, frames=frames) as port:
            found = measured("receivers", name, str(port))
        speeds[name] = found["events"] / found["seconds"]
    events = "1 event" if events_a_frame == 1 else f"{events_a_frame} events"
    return Row(
        f"receive and decode, {events} a frame",
        speeds["ours"],
        "events/CPU s",
        f"massive {version('massive')}, {speeds['official']:,.0f} events/CPU s",
        speeds["ours"] / speeds["official"],
        goal,
    )


def _storing(server: Postgres, size: Size) -> Iterator[Row]:
    with sending(events_a_frame=20, rate=20_000, seconds=20) as port:
        naive = measured("naive", str(port), _database(server, "naive"))
    usual = f"{naive['stored'] / naive['seconds']:,.0f}/s by an INSERT and a commit each"
    slow = _piped(server, rate=1_000, seconds=10.0, events_a_frame=5)
    yield _at_most("stamp to commit at 1,000/s, p50", slow["committed_p50"], 3.0, "ms")
    full = _piped(server, rate=100_000, seconds=size.seconds)
    yield Row(
        "trades and quotes stored of 100,000/s",
        full["stored"] / full["sent_for"],
        "events/s",
        f"{full['events'] / full['sent_for']:,.0f}/s sent; {usual}",
        full["stored"] / full["events"],
        1.0,
    )
    yield _at_most("stamp to commit at 100,000/s, p50", full["committed_p50"], 20.0, "ms")
    yield _at_most("stamp to commit at 100,000/s, p99", full["committed_p99"], 80.0, "ms")
    cores = full["cpu_seconds"] / full["sent_for"]
    yield _at_most("our process at 100,000/s", cores, 0.5, "cores")
    double = _piped(server, rate=200_000, seconds=size.seconds)
    yield Row(
        "trades stored of 200,000 events/s",
        double["trades_in_store"] / double["sent_for"],
        "trades/s",
        f"{double['trades'] / double['sent_for']:,.0f}/s sent",
        double["trades_in_store"] / double["trades"],
        1.0,
    )
    yield _at_most("memory at both", max(full["peak_mb"], double["peak_mb"]), _MOST_MB, "MB")


def _at_most(name: str, value: float, limit: float, unit: str, beside: str = "") -> Row:
    reference = f"{limit:g} {unit}{beside}"
    return Row(name, value, unit, reference, limit / value if value else None, 1.0)


def _keeping(server: Postgres, size: Size) -> Iterator[Row]:
    database = _database(server, "kept")
    stored.fill(database, size.rows)
    ours = stored.last_thousand_ms(database)
    theirs = stored.last_thousand_by_block_ranges_ms(database)
    name = f"last 1000 of a symbol of 500, {size.rows:,} rows"
    yield _at_most(name, ours, 4.0, "ms", f"; by BRIN {theirs:,.0f} ms")
    dropping, deleting = stored.forgetting_s(database, size.day_rows)
    name = f"forgetting a day of {size.day_rows:,} rows"
    reference = f"DELETE and VACUUM, {deleting * 1000:,.0f} ms"
    yield Row(name, dropping * 1000, "ms", reference, deleting / dropping, 15.0)
    yield _at_most(f"{name}, in time", dropping * 1000, 1000.0, "ms")


def _piped(
    server: Postgres, *, rate: int, seconds: float, events_a_frame: int = 20
) -> dict[str, Any]:
    options = {"rate": rate, "seconds": seconds, "events_a_frame": events_a_frame}
    with sending(**options) as port:
        database = _database(server, f"at_{rate}")
        return measured("pipeline", json.dumps({"port": port, "database": database}))


def _database(server: Postgres, name: str) -> str:
    url = server.create_database(name).url
    migrate(url)
    return url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed.measure", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    size = QUICK if parser.parse_args().quick else FULL
    sys.stdout.write(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    sys.stdout.write("\n".join(report.lines([])) + "\n")
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder) / "logs"
        logs.mkdir()
        server = start_postgres(Path(folder), logs=logs)
        try:
            for row in rows(server, size):
                found.append(row)
                sys.stdout.write(report.lines([row])[-1] + "\n")
                sys.stdout.flush()
        finally:
            server.stop()
    sys.stdout.write(f"load after: {os.getloadavg()[0]:.1f}\n")
    report.write(found, {name: version(name) for name in _LIBRARIES})
    return 0


if __name__ == "__main__":
    sys.exit(main())
