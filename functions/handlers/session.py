"""Knocked at the session's open and close; the calendar says whether to act."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.session_day import knock


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`event["action"]` is `open` or `close`; `acted` is False on a holiday or a second knock."""
    return {"acted": knock(bootstrap.session_runtime(), str(event["action"]))}
