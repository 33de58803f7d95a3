"""One-time tickets of the live socket: keys that expire and are read by deleting them."""

from collections.abc import Callable

import msgspec

from quantterminal.adapters.redis.connection import Client, reachable
from quantterminal.ports.tickets import Ticket


class RedisTicketDesk:
    """Implements `ports.tickets.TicketDesk`; `draw` makes codes that nobody can guess."""

    def __init__(self, client: Client, account: str, *, draw: Callable[[], str]) -> None:
        self._client = client
        self._account = account
        self._draw = draw

    def issue(self, ticket: Ticket, *, life_s: int) -> str:
        code = self._draw()
        with reachable():
            self._client.set(self._key(code), msgspec.json.encode(ticket).decode(), ex=life_s)
        return code

    def redeem(self, code: str) -> Ticket | None:
        with reachable():
            text = self._client.getdel(self._key(code))
        return None if text is None else msgspec.json.decode(text, type=Ticket)

    def _key(self, code: str) -> str:
        return f"{{{self._account}}}:ticket:{code}"
