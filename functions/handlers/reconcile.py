"""Knocked each minute: our books against the broker's."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.domain.sessions import new_york_date, session_on
from quantterminal.services.reconcile import reconcile


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """One pass; `agrees` says whether positions and cash equal the broker's. It is knocked by the
    schedule, and by a message that had to be set aside.

    `event["only_on"] == "trading days"` is for where the ledger sleeps on the others.
    """
    runtime = bootstrap.reconcile_runtime()
    today = new_york_date(runtime.updates.clock.now())
    if event.get("only_on") == "trading days" and session_on(today) is None:
        return {}
    result = reconcile(runtime=runtime)
    if result.is_complete:  # the heartbeat of its alarm
        runtime.updates.telemetry.record(
            "Reconciled",
            agrees=result.agrees,
            imported=result.imported,
            differences="; ".join(f"{d.found}: {d.ref}" for d in result.differences),
        )
    return {"agrees": result.agrees, "imported": result.imported}
