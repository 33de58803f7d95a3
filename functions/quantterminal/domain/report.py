"""What the report of one trading day says, as data.

Dollars, fractions (0.15 is 15 %), basis points and milliseconds are Decimals, rounded once, when
the report is made. None means that the day does not define the figure, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from quantterminal.domain.signals import Side

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Performance:
    """What was earned. `trades` are round trips that closed on the day, however long they ran.

    `total_pnl` is realised profit plus the change in value of what was held, both since the last
    price before the open; `realized_pnl` is measured against average cost.
    """

    trades: int
    win_rate: Decimal | None
    realized_pnl: Decimal
    total_pnl: Decimal
    sharpe: Decimal | None
    max_drawdown: Decimal | None


@dataclass(frozen=True, slots=True)
class OrderFlow:
    """What became of the decisions, and how well the orders did.

    `fill_rate` is the share of the orders submitted that were completely filled within the order
    time-out; `slippage_bps` is weighted by shares, against the intent's reference price, positive
    when it cost money; latency runs from the receipt of the bar to the sending of the order.
    """

    signals: int
    intents: int
    denials: Mapping[str, int]
    orders: int
    statuses: Mapping[str, int]
    rejections: Mapping[str, int]
    fills: int
    fill_rate: Decimal | None
    slippage_bps: Decimal | None
    latency_p50_ms: Decimal | None
    latency_p99_ms: Decimal | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One strategy's day, or the whole account's."""

    name: str
    performance: Performance
    flow: OrderFlow


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip that closed on the day; prices are means over its fills."""

    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_at: datetime
    closed_at: datetime
    pnl: Decimal


@dataclass(frozen=True, slots=True)
class HaltRaised:
    """Trading was stopped: where (`account`, `strategy:X`, `symbol:Y`), how far, by whom, why."""

    at: datetime
    scope: str
    level: str
    code: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class FeedGap:
    """A time without the market's data, and what of it the vendor gave again."""

    began: datetime
    ended: datetime
    reason: str
    bars: int
    trades: int


@dataclass(frozen=True, slots=True)
class EquityAt:
    """Dollars of the account at the end of a minute."""

    at: datetime
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Backtest:
    """The same day by the backtester: its minutes as they first came, the report's configuration.

    It has run over `sessions` sessions, of which the last is the day; the others warm it up, and
    what it earned in them does not count. `curve` begins at the account's opening equity, `trades`
    are round trips that closed on the day. `problem` says why there is nothing of it.
    """

    sessions: int
    fills: str
    trades: int = 0
    total_pnl: Decimal | None = None
    curve: tuple[EquityAt, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DayReport:
    """One account's trading day.

    `complete` is false when the session had not closed yet. `unattributed_pnl` is the part of the
    change in equity that no strategy's fills and prices explain: cash movements, fees, or a
    price that was recorded differently; None when equity was not recorded. `backtest` is None where
    there is nothing to run: no session, no equity, no bars.
    """

    account: str
    day: date
    mode: str
    code_version: str
    complete: bool
    session_open: datetime | None
    session_close: datetime | None
    order_timeout_s: int
    sharpe_basis: str
    equity_open: Decimal | None
    equity_close: Decimal | None
    unattributed_pnl: Decimal | None
    overall: Figures
    strategies: tuple[Figures, ...]
    trades: tuple[Trade, ...]
    halts: tuple[HaltRaised, ...]
    bars_in: int
    bars_quarantined: Mapping[str, int]
    curve: tuple[EquityAt, ...]
    schema: int = SCHEMA
    gaps: tuple[FeedGap, ...] = ()
    backtest: Backtest | None = None
