"""What can be switched off while the market is closed, because it costs by the hour."""

from typing import Protocol


class Plant(Protocol):
    """Asking for what is already so changes nothing. Raises RetryableError when nobody answers."""

    def run_containers(self, count: int) -> None:
        """Let that many ingest containers run: 0 or 1."""
        ...

    def start_database(self) -> None: ...

    def stop_database(self) -> None: ...
