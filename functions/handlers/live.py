"""The live socket: who listens is written down; the container sends what they hear."""

from datetime import UTC, datetime
from typing import Any

from quantterminal import bootstrap


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """API Gateway's WebSocket routes. The socket is read-only: whatever it sends is refused."""
    context = event["requestContext"]
    match context["routeKey"]:
        case "$connect":
            registry = bootstrap.connection_registry()
            registry.add(context["connectionId"], until=_until(context))
        case "$disconnect":
            bootstrap.connection_registry().remove(context["connectionId"])
        case _:
            return {"statusCode": 400}
    return {"statusCode": 200}


def _until(context: dict[str, Any]) -> datetime | None:
    """The end of the sign-in, as the authorizer found it on the ticket."""
    ends_at = (context.get("authorizer") or {}).get("endsAt")
    return None if ends_at is None else datetime.fromtimestamp(int(ends_at), UTC)
