"""The live socket: who listens is written down; the container sends what they hear."""

from typing import Any

from quantterminal import bootstrap


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """API Gateway's WebSocket routes. The socket is read-only: whatever it sends is refused."""
    context = event["requestContext"]
    match context["routeKey"]:
        case "$connect":
            bootstrap.connection_registry().add(context["connectionId"])
        case "$disconnect":
            bootstrap.connection_registry().remove(context["connectionId"])
        case _:
            return {"statusCode": 400}
    return {"statusCode": 200}
