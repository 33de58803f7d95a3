"""The journal as its auditor reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quantterminal.domain.journal import Anchor, JournalRow
from quantterminal.domain.replay import JournaledBooks


@dataclass(frozen=True, slots=True)
class AuditMaterial:
    """One consistent read: the whole chain in its order, and the tables as they stood then."""

    rows: Sequence[JournalRow]
    books: JournaledBooks


class Journal(Protocol):
    """Raises RetryableError when the ledger cannot be read now."""

    def material(self, account: str) -> AuditMaterial: ...

    def head(self, account: str) -> Anchor | None:
        """The last row of the chain, None when it has not begun."""
        ...
