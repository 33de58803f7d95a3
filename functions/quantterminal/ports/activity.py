"""What was allowed, sent and filled lately: the durable rows behind rules that look back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.risk import Approved, SymbolFlag
from quantterminal.domain.strategy_breaker import Outcome


@dataclass(frozen=True, slots=True)
class Flow:
    """Orders that left in our name and the approvals that they may stand on, since an instant."""

    sent: int
    approved: int


class ActivityLedger(Protocol):
    """Reads only. RetryableError when the ledger cannot be reached."""

    def approved(
        self, account: str, *, since: datetime, working: Collection[str]
    ) -> list[Approved]:
        """Intents approved after `since`, and those of the ids in `working` whenever that was."""
        ...

    def outcomes(self, account: str, strategy: str, *, since: datetime) -> list[Outcome]:
        """What came of the strategy's orders made from `since` on: one for each that filled or was
        rejected, in the order in which it did.
        """
        ...

    def flow(self, account: str, *, since: datetime, but: str) -> Flow:
        """Orders sent after `since` and those in our name that no intent stands behind, as far as
        they are younger than the account; and the approved intents that were still valid then. The
        order with the client order id `but`, and its intent, are in neither.
        """
        ...

    def average_volume(self, symbol: str, *, before: datetime, sessions: int) -> Decimal | None:
        """Mean shares a day over the last `sessions` days with bars; None when there are fewer."""
        ...


class SymbolBoard(Protocol):
    """Which symbols are not to be traded as usual; whoever learns of it writes it there."""

    def flags(self) -> dict[str, SymbolFlag]:
        """By symbol; no flag is no news. Raises RetryableError."""
        ...


class FlaggingBoard(SymbolBoard, Protocol):
    """The board for who writes there. It is disposable: who puts a flag up repeats it."""

    def put(self, symbol: str, flag: SymbolFlag | None) -> None:
        """Flag `symbol`, or take its flag away with None. Raises RetryableError."""
        ...
