"""Knocked each minute: our books against the broker's."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.reconcile import reconcile


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """One pass; `agrees` says whether positions and cash equal the broker's."""
    runtime = bootstrap.reconcile_runtime()
    result = reconcile(runtime=runtime)
    runtime.updates.telemetry.record(
        "Reconciled", agrees=result.agrees, imported=result.imported, drift=result.positions
    )
    return {"agrees": result.agrees, "imported": result.imported}
