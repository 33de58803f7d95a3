"""The live sockets of the page: who listens, and how a message reaches one of them."""

from typing import Protocol


class ConnectionRegistry(Protocol):
    """Who listens. Every method raises RetryableError when the store cannot answer now."""

    def add(self, connection_id: str) -> None: ...

    def remove(self, connection_id: str) -> None:
        """Forget it; one that is not known changes nothing."""
        ...

    def connections(self) -> frozenset[str]: ...


class Push(Protocol):
    def send(self, connection_id: str, text: str) -> bool:
        """Hand a message to one socket; False when that socket does not exist (any more).

        Raises RetryableError when it could not be handed over now, PermanentError when it never
        can be.
        """
        ...
