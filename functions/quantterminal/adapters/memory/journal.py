"""A journal of given rows, for tests."""

from quantterminal.domain.journal import Anchor, JournalRow, anchor_of
from quantterminal.domain.replay import JournaledBooks
from quantterminal.ports.journal import AuditMaterial


class MemoryJournal:
    """Implements `ports.journal.Journal` for one account; `rows` and `books` are anyone's."""

    def __init__(self) -> None:
        self.rows: list[JournalRow] = []
        self.books = JournaledBooks()

    def material(self, account: str) -> AuditMaterial:
        return AuditMaterial([row for row in self.rows if row.entry.account == account], self.books)

    def head(self, account: str) -> Anchor | None:
        return anchor_of(self.material(account).rows)
