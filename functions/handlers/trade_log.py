"""Knocked after the close (or by hand): keeps the day's order events, and the end of the journal,
where nothing is changed.
"""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.audit import keep_anchor
from quantterminal.services.day_due import day_due
from quantterminal.services.trade_log import write_trade_log


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`event` is read by `services.day_due`; the answer names the files, or nothing to do."""
    runtime = bootstrap.trade_log_runtime()
    day = day_due(event, now=runtime.clock.now())
    if day is None:
        return {}
    log = write_trade_log(
        day, ledger=runtime.ledger, archive=runtime.archive, trading=runtime.trading
    )
    runtime.telemetry.record(
        "trade_log_kept", day=day.isoformat(), key=log.key, events=log.events, written=log.written
    )
    anchor = keep_anchor(
        day, journal=runtime.journal, archive=runtime.archive, trading=runtime.trading
    )
    return {"day": day.isoformat(), "key": log.key, "anchor": anchor}
