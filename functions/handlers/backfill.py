"""Knocked after the close (or by hand): fetches the minutes and prints that nobody has brought."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.backfill import backfill
from quantterminal.services.day_due import day_due


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`event` is read by `services.day_due`; the answer counts what was found, by symbol."""
    runtime = bootstrap.backfill_runtime()
    day = day_due(event, now=runtime.clock.now())
    if day is None:
        return {}
    found = backfill(day, runtime=runtime)
    runtime.telemetry.record(
        "Backfilled",
        day=day.isoformat(),
        stored=found.stored,
        refused=found.refused,
        trades=found.trades,
    )
    return {
        "day": day.isoformat(),
        "stored": found.stored,
        "unanswered": list(found.unanswered),
        "trades": found.trades,
    }
