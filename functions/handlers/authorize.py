"""Who may open the live socket: API Gateway asks at $connect, a one-time ticket answers.

It asks only then. So the end of the sign-in goes along to whoever notes the socket down.
"""

from typing import Any

from quantterminal import bootstrap
from quantterminal.services.live_tickets import admit


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A policy for this one connection: allow whoever brings a fresh ticket from its own page."""
    code = str((event.get("queryStringParameters") or {}).get("ticket", ""))
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    desk = bootstrap.ticket_desk("authorize")
    ticket = admit(code, headers.get("origin", ""), desk=desk)
    answer: dict[str, Any] = {
        "principalId": "nobody" if ticket is None else ticket.subject,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Deny" if ticket is None else "Allow",
                    "Resource": event["methodArn"],
                }
            ],
        },
    }
    if ticket is not None and ticket.until is not None:
        answer["context"] = {"endsAt": str(int(ticket.until.timestamp()))}
    return answer
