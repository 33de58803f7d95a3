"""Knocked before the open and after the close: switches container and database, calendar asked."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.power import power


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`event["action"]` is one of `services.power.PowerAction`; `force` overrules the calendar."""
    switched = power(
        str(event.get("action")),
        force=event.get("force") is True,
        runtime=bootstrap.power_runtime(),
    )
    return {"switched": switched}
