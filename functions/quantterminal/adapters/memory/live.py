"""Live sockets in memory, for tests."""


class MemoryConnections:
    """Satisfies `ports.live.ConnectionRegistry`."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def add(self, connection_id: str) -> None:
        self._known.add(connection_id)

    def remove(self, connection_id: str) -> None:
        self._known.discard(connection_id)

    def connections(self) -> frozenset[str]:
        return frozenset(self._known)


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
