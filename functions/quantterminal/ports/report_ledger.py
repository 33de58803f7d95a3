"""What the ledger tells about one day of one account, for its report and its trade log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.report import EquityAt, FeedGap, HaltRaised
from quantterminal.domain.signals import Side
from quantterminal.domain.trading_day import TradingDay


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order created on the day. `completed_at` is the fill that left nothing open, if any.

    `is_external` orders have no intent: somebody else placed them.
    """

    client_order_id: str
    strategy: str
    status: str
    reason: str
    is_external: bool
    submitted_at: datetime | None
    completed_at: datetime | None
    latency_us: int | None


@dataclass(frozen=True, slots=True)
class FillRecord:
    """One execution. `reference_price` is its intent's, None for an external order."""

    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    at: datetime
    reference_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A last price in dollars: the close of the minute that ended at `at`."""

    symbol: str
    at: datetime
    price: Decimal


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something happened to one strategy; `code` is empty where there is none."""

    strategy: str
    count: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class DayRecords:
    """One consistent read of the day.

    `opening_fills` are the earlier fills that the positions at the start of the day consist of:
    for each strategy and symbol those since it was last flat. `fills`, `opening_fills`, `equity`
    and `marks` are oldest first. `marks` are of the symbols held or traded, from the open on;
    `opening_marks` are their last prices before it. `day_open_equity` is what the account
    recorded at the open of this day, `previous_equity` its last equity before it.
    """

    orders: tuple[OrderRecord, ...] = ()
    fills: tuple[FillRecord, ...] = ()
    opening_fills: tuple[FillRecord, ...] = ()
    marks: tuple[Mark, ...] = ()
    opening_marks: Mapping[str, Decimal] = field(default_factory=dict)
    signals: tuple[Tally, ...] = ()
    intents: tuple[Tally, ...] = ()
    denials: tuple[Tally, ...] = ()
    equity: tuple[EquityAt, ...] = ()
    day_open_equity: Decimal | None = None
    previous_equity: Decimal | None = None
    halts: tuple[HaltRaised, ...] = ()
    bars_in: int = 0
    bars_quarantined: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[FeedGap, ...] = ()


class ReportLedger(Protocol):
    def day(self, account: str, window: TradingDay) -> DayRecords:
        """All that the report of the day is made from. Raises RetryableError when the ledger
        cannot be read now.
        """
        ...


@dataclass(frozen=True, slots=True)
class TradeEvent:
    """One thing that happened to an intent or its order.

    `kind` is intent_approved, intent_denied, order_submitted, cancel_requested, fill or
    order_status. `price` is the fill's, else the limit; `filled` the order's shares filled so far;
    `reference` the broker's id of the execution or order, where there is one.
    """

    at: datetime
    kind: str
    client_order_id: str
    intent_id: str
    correlation_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    filled: Decimal
    status: str
    reason: str
    reference: str


class TradeLedger(Protocol):
    def trade_events(self, account: str, window: TradingDay) -> Sequence[TradeEvent]:
        """Every event of intents, orders and fills within the day, in no particular order."""
        ...
