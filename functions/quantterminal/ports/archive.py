"""Where finished documents are kept: reports that may be rewritten, logs that may not."""

from collections.abc import Sequence
from typing import Protocol


class Archive(Protocol):
    """Bodies by key. Every method raises RetryableError when the store cannot answer now."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Keep `body` under `key`, in place of what was there."""
        ...

    def put_once(self, key: str, body: bytes, content_type: str) -> bool:
        """Keep `body` unless the key is taken, in one conditional write; whether it was kept."""
        ...

    def get(self, key: str) -> bytes:
        """The body under `key`. Raises PermanentError when there is none."""
        ...

    def list(self, prefix: str) -> Sequence[str]:
        """All keys that start with `prefix`, sorted."""
        ...
