"""What the dashboard reads from the ledger; never on the money path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.view import AlertRow, EquityPoint, OrderRow
from quantterminal.ports.ledger import Books, Holding


@dataclass(frozen=True, slots=True)
class StrategyFacts:
    """One strategy since the day's beginning: filled orders, and the last signal of all."""

    trades: int
    last_signal: str


@dataclass(frozen=True, slots=True)
class DayFlow:
    """What the day's fills did to one position: dollars in (+) or out, and signed shares.

    `opening_price` is the last close before the day, None where there is none.
    """

    cash: Decimal
    shares: Decimal
    opening_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts of the day and latencies in milliseconds, None where there is none yet."""

    bars_seen: int
    bars_quarantined: int
    last_bar_at: datetime | None
    last_reconcile_at: datetime | None
    latency_p50_ms: float | None
    latency_p99_ms: float | None


class ViewLedger(Protocol):
    def books(self, account: str) -> Books: ...

    def orders(self, account: str, *, newest: int) -> Sequence[OrderRow]:
        """Orders and denied intents, newest first."""
        ...

    def strategies(self, account: str, *, since: datetime) -> dict[str, StrategyFacts]: ...

    def flows(self, account: str, *, since: datetime) -> dict[Holding, DayFlow]:
        """By (strategy, symbol), for every position that was ever held."""
        ...

    def curve(self, account: str, *, since: datetime) -> Sequence[EquityPoint]: ...

    def activity(self, account: str, *, since: datetime) -> Activity: ...

    def events(self, account: str, *, newest: int) -> Sequence[AlertRow]:
        """Halts, problems and sessions from the journal, newest first."""
        ...
