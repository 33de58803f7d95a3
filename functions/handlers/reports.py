"""Knocked after the close (or by hand): writes the day's report and says that it is ready."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.day_due import day_due
from quantterminal.services.report import announcement, make_report


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`event` is read by `services.day_due`; the answer names the files, or nothing to do."""
    runtime = bootstrap.reports_runtime()
    day = day_due(event, now=runtime.clock.now())
    if day is None:
        return {}
    location = make_report(day, runtime=runtime)
    runtime.event_bus.publish([announcement(location, at=runtime.clock.now())])
    runtime.telemetry.record("report_ready", day=day.isoformat(), key=location.json_key)
    return {"day": day.isoformat(), "json": location.json_key, "html": location.html_key}
