"""Where credentials come from; they are read once and never logged."""

from typing import Protocol


class Secrets(Protocol):
    def read(self, secret_id: str) -> dict[str, str]:
        """The fields of a secret. Raises PermanentError when it is missing or not readable."""
        ...
