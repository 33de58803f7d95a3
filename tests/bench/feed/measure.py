"""`python -m tests.bench.feed.measure`: the feed's speed in one table, references in the same run.

Each row says what was reached, the reference beside it, the ratio, the goal and whether it was
met. `--quick` is for looking whether it runs: less of everything.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.processes.postgres import Postgres, start_postgres
from quantterminal.adapters.postgres.migrate import migrate
from tests.bench.feed import stored
from tests.bench.feed.processes import ROOT, measured, sending

BENCH = ROOT / "build" / "bench.json"
_MOST_MB = 150.0
_SEED_MS = 45.0  # the median that the seed claimed at 500/s


@dataclass(frozen=True, slots=True)
class Row:
    """`reference` is of the same run where it is a number of events, else a figure of the goal."""

    name: str
    value: float
    unit: str
    reference: float | None
    ratio: float | None
    goal: str
    met: bool


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


def merged(new: list[Row], path: Path = BENCH) -> None:
    """Put the rows into the file of all measurings, in the place of those of the same name."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"rows": []}
    names = {each.name for each in new}
    others = [each for each in known["rows"] if each["name"] not in names]
    libraries = ("picows", "msgspec", "numpy", "psycopg", "massive")
    versions = known.get("versions", {}) | {name: version(name) for name in libraries}
    written = {
        "rows": [*others, *(asdict(each) for each in new)],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": versions | {"python": platform.python_version()},
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(written, indent=1) + "\n")


def line(row: Row) -> str:
    reference = "" if row.reference is None else f"{row.reference:,.1f}"
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}x"
    met = "yes" if row.met else "NO"
    return (
        f"| {row.name} | {row.value:,.1f} {row.unit} | {reference} | {ratio} | {row.goal} | {met} |"
    )


def _decoding(size: Size, *, events_a_frame: int, goal: float) -> Row:
    speeds = {}
    for name, share in (("ours", 1), ("official", 10)):
        frames = size.frames * (1 if events_a_frame > 1 else 5) // share
        with sending(events_a_frame=events_a_frame, frames=frames) as port:
            found = measured("receivers", name, str(port))
        speeds[name] = found["events"] / found["seconds"]
    ratio = speeds["ours"] / speeds["official"]
    events = "1 event" if events_a_frame == 1 else f"{events_a_frame} events"
    return Row(
        f"receive and decode, {events} a frame, against the official client",
        speeds["ours"],
        "events/CPU s",
        speeds["official"],
        ratio,
        f">= {goal:g}x",
        met=ratio >= goal,
    )


def _storing(server: Postgres, size: Size) -> Iterator[Row]:
    with sending(events_a_frame=20, rate=20_000, seconds=20) as port:
        naive = measured("naive", str(port), _database(server, "naive"))
    usual = naive["stored"] / naive["seconds"]
    slow = _piped(server, rate=1_000, seconds=10.0, events_a_frame=5)
    yield _lag("stamp to commit at 1,000/s, p50", slow["committed_p50"], goal=3.0)
    full = _piped(server, rate=100_000, seconds=size.seconds)
    yield Row(
        "stored at 100,000/s, against an INSERT an event",
        full["stored"] / full["sent_for"],
        "events/s",
        usual,
        full["stored"] / full["sent_for"] / usual,
        f"all, <= {_MOST_MB:g} MB",
        met=full["stored"] == full["events"] and full["peak_mb"] <= _MOST_MB,
    )
    yield _lag("stamp to commit at 100,000/s, p50", full["committed_p50"], goal=20.0)
    yield _lag("stamp to commit at 100,000/s, p99", full["committed_p99"], goal=80.0)
    cores = full["cpu_seconds"] / full["sent_for"]
    yield Row("our process at 100,000/s", cores, "cores", None, None, "<= 0.5", met=cores <= 0.5)
    double = _piped(server, rate=200_000, seconds=size.seconds)
    is_whole = double["seen_trades"] == double["trades"] and not double["reconnects"]
    yield Row(
        "trades stored of 200,000/s offered",
        double["seen_trades"] / double["sent_for"],
        "trades/s",
        double["trades"] / double["sent_for"],
        double["seen_trades"] / double["trades"],
        f"all, <= {_MOST_MB:g} MB",
        met=is_whole and double["peak_mb"] <= _MOST_MB,
    )
    peak = max(full["peak_mb"], double["peak_mb"])
    goal = f"<= {_MOST_MB:g}"
    yield Row("largest memory of both", peak, "MB", None, None, goal, met=peak <= _MOST_MB)


def _lag(name: str, milliseconds: float, *, goal: float) -> Row:
    ratio = _SEED_MS / milliseconds if milliseconds else None
    met = milliseconds <= goal
    return Row(name, milliseconds, "ms", _SEED_MS, ratio, f"<= {goal:g} ms", met=met)


def _keeping(server: Postgres, size: Size) -> Iterator[Row]:
    database = _database(server, "kept")
    stored.fill(database, size.rows)
    ours = stored.last_thousand_ms(database)
    theirs = stored.last_thousand_by_block_ranges_ms(database)
    yield Row(
        f"last 1000 of {size.rows:,} rows, 500 symbols, against BRIN",
        ours,
        "ms",
        theirs,
        theirs / ours,
        "<= 4 ms",
        met=ours <= 4.0,
    )
    dropping, deleting = stored.forgetting_s(database, size.day_rows)
    ratio = deleting / dropping
    yield Row(
        f"forgetting a day of {size.day_rows:,} rows, against DELETE and VACUUM",
        dropping * 1000,
        "ms",
        deleting * 1000,
        ratio,
        ">= 15x, < 1 s",
        met=ratio >= 15.0 and dropping < 1.0,
    )


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
    sys.stdout.write(
        "| what | reached | reference | ratio | goal | met |\n|---|---|---|---|---|---|\n"
    )
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder) / "logs"
        logs.mkdir()
        server = start_postgres(Path(folder), logs=logs)
        try:
            for row in rows(server, size):
                found.append(row)
                sys.stdout.write(line(row) + "\n")
                sys.stdout.flush()
        finally:
            server.stop()
    sys.stdout.write(f"load after: {os.getloadavg()[0]:.1f}\n")
    merged(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
