"""The file of measured figures: rows are replaced by name, and goals judged."""

import json
from pathlib import Path

import pytest

from tests.bench.measure import MISSING, NAUTILUS, Measured, rows_of
from tests.bench.report import Row, lines, read, write

FASTER = Row("A", 300.0, "bars/s", "peer 1.0, 100 bars/s", 3.0, 3.0)


@pytest.mark.parametrize(
    ("ratio", "goal", "met"),
    [(3.0, 3.0, True), (2.99, 3.0, False), (None, 3.0, None), (1.0, None, None)],
)
def test_a_goal_is_met_from_its_ratio_on(
    ratio: float | None, goal: float | None, *, met: bool | None
) -> None:
    assert Row("A", 1.0, "s", "x", ratio, goal).is_met is met


def test_each_writer_replaces_its_own_rows_only(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"

    write([FASTER, Row("B", 1.0, "s", "2 s", 2.0, 1.0)], {"peer": "1.0"}, file)
    write([Row("B", 4.0, "s", "2 s", 0.5, 1.0)], {"other": "2.0"}, file)

    found = json.loads(file.read_text())
    assert [(row["name"], row["met"]) for row in found["rows"]] == [("A", True), ("B", False)]
    assert found["versions"] == {"peer": "1.0", "other": "2.0"}
    assert {"python", "cores", "load"} < set(found["machine"])


def test_the_table_says_what_was_met() -> None:
    table = lines([FASTER, Row("B", 0.25, "s", "0.3 s", None, None)])

    assert table[2] == "| A | 300 bars/s | peer 1.0, 100 bars/s | 3.00 | 3 | met |"
    assert table[3] == "| B | 0.250 s | 0.3 s | - | - |  |"


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    rows = [FASTER, Row("B", 1.0, "s", "2 s", None, None)]

    write(rows, {}, tmp_path / "bench.json")

    assert read(tmp_path / "bench.json") == rows


def engine(name: str, seconds: float) -> Measured:
    return Measured(name, "1.0", 1_000, seconds, [])


MINE = [engine("quantzoo, columnar", 0.001), engine("quantzoo, bar by bar", 0.01)]


def test_each_form_is_held_against_the_fastest_of_its_kind() -> None:
    peers = [engine("ssbt", 0.1), engine(NAUTILUS, 0.2), engine("vectorbt", 0.01)]

    rows = rows_of("A", MINE, peers)

    assert [row.ratio for row in rows] == pytest.approx([10.0, 10.0, 20.0])
    assert [row.goal for row in rows] == [3.0, 4.0, 9.0]


def test_a_peer_that_is_missing_is_said_to_be() -> None:
    row = rows_of("A", MINE, [engine("ssbt", 0.1)])[-1]

    assert (row.reference, row.ratio, row.goal) == (MISSING, None, 9.0)
    assert MISSING in lines([row])[-1]
