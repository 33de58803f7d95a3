"""Measured figures beside their goals, in one file for all that is measured: build/bench.json.

A row replaces the one of the same name, so that each capability writes its own and leaves the
others. `python -m tests.bench.report` prints them all.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "build" / "bench.json"


@dataclass(frozen=True, slots=True)
class Row:
    """`value` in `unit` against `reference`, which is a peer's figure or a limit by name.

    `ratio` says how well: above `goal` is met. A figure that should be small has the limit divided
    by it. None where there is nothing to compare with.
    """

    name: str
    value: float
    unit: str
    reference: str
    ratio: float | None
    goal: float | None

    @property
    def is_met(self) -> bool | None:
        if self.ratio is None or self.goal is None:
            return None
        return self.ratio >= self.goal


def machine() -> dict[str, Any]:
    """What it was measured on, and how busy that was."""
    return {
        "python": platform.python_version(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(each, 1) for each in os.getloadavg()],
    }


def write(rows: Sequence[Row], versions: Mapping[str, str], file: Path = FILE) -> None:
    """Add the rows to the file, or make it."""
    known = json.loads(file.read_text()) if file.exists() else {"rows": [], "versions": {}}
    names = {row.name for row in rows}
    kept = [each for each in known["rows"] if each["name"] not in names]
    made = [{**asdict(row), "met": row.is_met} for row in rows]
    found = {
        "rows": kept + made,
        "machine": machine(),
        "versions": {**known["versions"], **versions},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=2) + "\n")


def lines(rows: Sequence[Row]) -> list[str]:
    """A table for a person."""
    text = ["| measured | value | against | ratio | goal | |", "|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        goal = "-" if row.goal is None else f"{row.goal:g}"
        met = {True: "met", False: "not met", None: ""}[row.is_met]
        value = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:.3f}"
        text.append(
            f"| {row.name} | {value} {row.unit} | {row.reference} | {ratio} | {goal} | {met} |"
        )
    return text


def read(file: Path = FILE) -> list[Row]:
    """All rows of the file, in its order."""
    rows: list[dict[str, Any]] = json.loads(file.read_text())["rows"]
    return [Row(**{name: each[name] for name in each if name != "met"}) for each in rows]


def main() -> int:
    found = json.loads(FILE.read_text())["machine"]
    text = [*lines(read()), "", ", ".join(f"{name} {value}" for name, value in found.items())]
    sys.stdout.write("\n".join(text) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
