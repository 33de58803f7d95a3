"""One-time tickets for the live socket, whose handshake cannot carry a sign-in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom a ticket was given to, and the page (its Origin) that asked for it.

    `until` is the end of the sign-in behind it: no socket lives longer. None without a sign-in.
    """

    subject: str
    origin: str
    until: datetime | None = None


class TicketDesk(Protocol):
    def issue(self, ticket: Ticket, *, life_s: int) -> str:
        """An unguessable code that stands for the ticket during that many seconds."""
        ...

    def redeem(self, code: str) -> Ticket | None:
        """The ticket of a code, once; None when there is none, or none any more."""
        ...
