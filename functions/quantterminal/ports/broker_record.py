"""The ledger's side of what the broker records beyond our own orders, and of the invariants.

Every method is one transaction; errors are those of `ports.ledger`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from quantterminal.domain.activities import Activity
from quantterminal.domain.invariants import Claim, Sums


class BrokerRecord(Protocol):
    """What reconcile needs besides orders, fills and halts."""

    def booked_activities(self, account: str) -> frozenset[str]:
        """Ids of the activities that are in the books."""
        ...

    def book_activities(
        self, account: str, activities: Sequence[Activity], *, at: datetime
    ) -> bool:
        """Book a group of activities with its journal row in one transaction, once by their ids.

        Cash changes cash only, a split the shares of each strategy's position. False when one of
        them is booked already, or when no split explains the shares: then nothing is changed.
        """
        ...

    def claims(self, account: str, since: datetime) -> dict[str, Claim]:
        """By client order id, our orders that work or were created after that instant."""
        ...

    def sums(self, account: str) -> list[Sums]:
        """By symbol: all executions and corporate actions, and all positions."""
        ...

    def noted_since(self, account: str, kind: str, since: datetime | None) -> int:
        """How many rows of that kind came to the journal after that instant, or ever."""
        ...
