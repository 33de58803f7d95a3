"""A business event from the bus becomes a message to the operator."""

import json
from typing import Any

from quantterminal import bootstrap
from quantterminal.services.notify import notify


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`event` is EventBridge's envelope: `detail-type` names it, `detail` is the message."""
    runtime = bootstrap.notify_runtime()
    name = str(event.get("detail-type", "unnamed event"))
    notice = notify(name, json.dumps(event.get("detail")), runtime=runtime)
    runtime.telemetry.record("operator_notified", name=name, severity=notice.severity)
    return {"subject": notice.subject}
