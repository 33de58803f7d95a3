"""Knocked each evening: forgets old market data."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.maintenance import maintain


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """How many rows went, by table."""
    return dict(maintain(runtime=bootstrap.maintenance_runtime()))
