"""Who may open the live socket: whoever has signed in just before, from the same page.

A browser's WebSocket carries no sign-in header, and a token in a URL ends up in logs. So a
signed-in page asks for a ticket that is worth nothing after its first use or half a minute.
"""

from datetime import datetime

from quantterminal.domain.errors import InvalidValueError
from quantterminal.ports.tickets import Ticket, TicketDesk

LIFE_S = 30
_LONGEST = 200


def issue_ticket(
    subject: str, origin: str, *, desk: TicketDesk, until: datetime | None = None
) -> str:
    """The code of a new ticket. Raises InvalidValueError without an Origin of a page."""
    if not origin.startswith(("https://", "http://")) or len(origin) > _LONGEST:
        raise InvalidValueError(f"Expected the Origin of a page, was {origin[:80]!r}")
    return desk.issue(Ticket(subject, origin, until), life_s=LIFE_S)


def admit(code: str, origin: str, *, desk: TicketDesk) -> Ticket | None:
    """The ticket of who may connect, None for nobody. A code is used up even when it is refused."""
    if not code or len(code) > _LONGEST:
        return None
    ticket = desk.redeem(code)
    return ticket if ticket is not None and ticket.origin == origin else None
