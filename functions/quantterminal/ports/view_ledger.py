"""What the dashboard reads from the ledger; never on the money path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.view import AlertRow, BarRow, EquityPoint, Marker, OrderRow
from quantterminal.ports.ledger import Books, Holding


@dataclass(frozen=True, slots=True)
class StrategyFacts:
    """One strategy since the day's beginning: filled orders, and the last signal of all with the
    end of the bar that it came from.
    """

    fills: int
    last_signal: str = ""
    last_signal_at: datetime | None = None


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
    """Counts of the day and latencies in milliseconds, None where there is none yet.

    `waiting_since` is when the oldest order that is approved and not yet sent was made.
    """

    bars_seen: int
    bars_quarantined: int
    last_bar_at: datetime | None
    last_reconcile_at: datetime | None
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    waiting_since: datetime | None = None


class ViewLedger(Protocol):
    def books(self, account: str) -> Books: ...

    def orders(self, account: str, *, newest: int) -> Sequence[OrderRow]:
        """Orders and denied intents, newest first."""
        ...

    def strategies(self, account: str, *, since: datetime) -> dict[str, StrategyFacts]: ...

    def flows(self, account: str, *, since: datetime) -> dict[Holding, DayFlow]:
        """By (strategy, symbol), for every position that was ever held."""
        ...

    def curve(self, account: str, *, since: datetime, most: int) -> Sequence[EquityPoint]:
        """In order of time; where there are more than `most`, the last one of equal spans."""
        ...

    def equity_before(self, account: str, *, at: datetime) -> str:
        """The last equity before that instant, dollars and cents; empty when there is none."""
        ...

    def markers(self, account: str, *, since: datetime, newest: int) -> Sequence[Marker]:
        """What belongs beside the curve: halts and their ends, starts of the system, and those of
        them that brought other code or another configuration (deploys). In order.
        """
        ...

    def bars(self, symbol: str, *, newest: int) -> Sequence[BarRow]:
        """Minute bars in order of time, the newest revision of each."""
        ...

    def activity(self, account: str, *, since: datetime) -> Activity: ...

    def events(self, account: str, *, newest: int) -> Sequence[AlertRow]:
        """Halts, problems, sessions and what persons asked for, from the journal, newest first."""
        ...
