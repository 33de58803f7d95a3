"""How a person is told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from quantterminal.domain.errors import InvalidValueError

MAX_SUBJECT = 100
MAX_BODY = 60_000


class Severity(StrEnum):
    """CRITICAL wants somebody now, WARNING wants a look today, INFO wants nothing."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the operator.

    The subject is 1 to 100 printable ASCII characters and no blank first, the body 1 to 60,000
    characters: what the narrowest channel takes.
    """

    subject: str
    body: str
    severity: Severity
    mode: str

    def __post_init__(self) -> None:
        subject = self.subject
        if not subject.strip() or subject[0] == " " or len(subject) > MAX_SUBJECT:
            raise InvalidValueError(f"Expected 1 to 100 characters of subject, was {subject!r}")
        if not (subject.isascii() and subject.isprintable()):
            raise InvalidValueError(f"Expected a subject of printable ASCII, was {subject!r}")
        if not self.body or len(self.body) > MAX_BODY:
            raise InvalidValueError(
                f"Expected a body of 1 to {MAX_BODY} characters, was {len(self.body)}"
            )


class Notifier(Protocol):
    def publish(self, notice: Notice) -> None:
        """Hand the notice on. Raises RetryableError when it was not accepted now, PermanentError
        when it never will be.
        """
        ...
