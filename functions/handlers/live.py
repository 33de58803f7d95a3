"""The live socket: connections, and the frame that is pushed each second."""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.dashboard import hello, tick


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """API Gateway's WebSocket routes. The socket is read-only: whatever it sends is refused."""
    route = event["requestContext"]["routeKey"]
    return {"statusCode": 200 if route in ("$connect", "$disconnect") else 400}


def frame(sequence: int, *, first: bool) -> str:
    """The next message of one connection as JSON text: `hello` first, then `tick`."""
    runtime = bootstrap.live_runtime()
    build = hello if first else tick
    return runtime.encode(build(sequence, runtime=runtime))
