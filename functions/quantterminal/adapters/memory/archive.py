"""An archive in a dictionary, for tests."""

from quantterminal.domain.errors import PermanentError


class MemoryArchive:
    """Implements `ports.archive.Archive`; `content_types` tells how each body was labelled."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._bodies[key] = body
        self.content_types[key] = content_type

    def put_once(self, key: str, body: bytes, content_type: str) -> bool:
        if key in self._bodies:
            return False
        self.put(key, body, content_type)
        return True

    def get(self, key: str) -> bytes:
        if key not in self._bodies:
            raise PermanentError(f"Expected a body under {key!r}, was none")
        return self._bodies[key]

    def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self._bodies if key.startswith(prefix))
