"""The tape of a feed that breaks off, stalls and kicks, while the database comes and goes."""

from pathlib import Path
from statistics import median

import pytest

from tests.contract.hostile_run import Plan, own_postgres, run

SOAK_S = 600.0


def test_every_print_is_stored_exactly_once_whatever_breaks(tmp_path: Path) -> None:
    plan = Plan(
        seconds=20.0,
        rate=2_000,
        faults=[(4.0, "cut"), (7.0, "close"), (10.0, "stall")],
        away_at=5.0,
        away_s=3.0,
    )
    with own_postgres(tmp_path) as server:
        found = run(plan, server, tmp_path / "logs")

    assert found["in_store"] == found["distinct"] == found["on_tape"] == found["trades"]
    assert found["filled"] > 0
    assert found["reports"]["feed_stalled"] >= 1
    assert found["reports"]["ticks_not_stored"] >= 1


@pytest.mark.soak
def test_ten_minutes_at_twenty_thousand_a_second_under_faults(tmp_path: Path) -> None:
    cuts = [(15.0 + 27.0 * number, "cut") for number in range(20)]
    others = [
        (70.0, "stall"),
        (250.0, "stall"),
        (430.0, "stall"),
        (310.0, "kick"),
        (100.0, "close"),
    ]
    plan = Plan(SOAK_S, 20_000, [*cuts, *others], away_at=180.0, away_s=60.0)
    with own_postgres(tmp_path) as server:
        found = run(plan, server, tmp_path / "logs")

    assert found["in_store"] == found["distinct"] == found["on_tape"] == found["trades"]
    assert found["reports"]["feed_max_connections"] >= 1
    resident = found["resident_mb"]
    quarter = len(resident) // 4
    assert median(resident[-quarter:]) < 1.2 * median(resident[quarter : 2 * quarter])
