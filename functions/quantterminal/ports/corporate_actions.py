"""Splits and dividends: where they are kept, and who tells of them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol

from quantterminal.domain.corporate_actions import CorporateAction


class ActionStore(Protocol):
    def keep(self, actions: Iterable[CorporateAction]) -> int:
        """Keep actions by id; how many are new or other than they were. Raises RetryableError."""
        ...

    def actions(
        self, symbols: Collection[str], *, after: date, until: date
    ) -> Sequence[CorporateAction]:
        """Those with after < ex-date <= until, by ex-date. Raises RetryableError."""
        ...


class ActionHistory(Protocol):
    def actions(self, symbol: str, *, since: date) -> Sequence[CorporateAction]:
        """What the vendor knows from that ex-date on, what is to come included.

        Raises RetryableError when the vendor cannot answer now, PermanentError when it never will.
        """
        ...
