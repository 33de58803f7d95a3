"""The live sockets of the page: who listens, and how a message reaches one of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

Listening = Mapping[str, datetime | None]


class ConnectionRegistry(Protocol):
    """Who listens. Every method raises RetryableError when the store cannot answer now."""

    def add(self, connection_id: str, *, until: datetime | None = None) -> None:
        """`until` is when the right to listen ends (whole seconds), None where it does not."""
        ...

    def remove(self, connection_id: str) -> None:
        """Forget it; one that is not known changes nothing."""
        ...

    def connections(self) -> Listening:
        """Until when each of them may listen."""
        ...


class Push(Protocol):
    def send(self, connection_id: str, text: str) -> bool:
        """Hand a message to one socket; False when that socket does not exist (any more).

        Raises RetryableError when it could not be handed over now, PermanentError when it never
        can be.
        """
        ...

    def close(self, connection_id: str) -> None:
        """End one socket; one that does not exist changes nothing. Raises RetryableError when it
        cannot be ended now.
        """
        ...
