"""Tickets in a dictionary, for tests; `now_s` is moved by hand."""

from quantterminal.ports.tickets import Ticket


class MemoryTicketDesk:
    """Satisfies `ports.tickets.TicketDesk`."""

    def __init__(self) -> None:
        self.now_s = 0
        self._issued: dict[str, tuple[int, Ticket]] = {}

    def issue(self, ticket: Ticket, *, life_s: int) -> str:
        code = f"ticket-{len(self._issued)}"
        self._issued[code] = (self.now_s + life_s, ticket)
        return code

    def redeem(self, code: str) -> Ticket | None:
        expires_s, ticket = self._issued.pop(code, (0, None))
        return ticket if self.now_s < expires_s else None
