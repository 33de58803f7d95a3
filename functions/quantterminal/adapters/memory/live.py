"""Live sockets in memory, for tests."""

from datetime import datetime

from quantterminal.ports.live import Listening


class MemoryConnections:
    """Satisfies `ports.live.ConnectionRegistry`."""

    def __init__(self) -> None:
        self._known: dict[str, datetime | None] = {}

    def add(self, connection_id: str, *, until: datetime | None = None) -> None:
        self._known[connection_id] = until

    def remove(self, connection_id: str) -> None:
        self._known.pop(connection_id, None)

    def connections(self) -> Listening:
        return dict(self._known)


class MemoryPush:
    """Satisfies `ports.live.Push`. `open` are the sockets that exist, `sent` what each was sent."""

    def __init__(self, *open_sockets: str) -> None:
        self.open = set(open_sockets)
        self.sent: dict[str, list[str]] = {}

    def send(self, connection_id: str, text: str) -> bool:
        if connection_id not in self.open:
            return False
        self.sent.setdefault(connection_id, []).append(text)
        return True

    def close(self, connection_id: str) -> None:
        self.open.discard(connection_id)
