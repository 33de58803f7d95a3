"""What the dashboard shows, as data. Amounts are decimal strings until the page formats them.

`web/src/api/messages.ts` mirrors these names; a test holds the two against each other.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One symbol of the account, netted; `strategies` names who holds it."""

    symbol: str
    quantity: str
    average_price: str
    last: str
    market_value: str
    unrealized_pnl: str
    realized_pnl: str
    weight: str
    strategies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order, newest first; `denial` orders never left and carry the code in `status`."""

    client_order_id: str
    at: datetime
    strategy: str
    symbol: str
    side: str
    quantity: str
    filled_quantity: str
    limit_price: str
    average_price: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class StrategyRow:
    name: str
    level: str
    day_pnl: str
    trades: int
    last_signal: str


@dataclass(frozen=True, slots=True)
class HaltRow:
    scope: str
    level: str
    code: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AlertRow:
    at: datetime
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class EquityPoint:
    at: datetime
    equity: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    day: str
    html: str
    json: str


@dataclass(frozen=True, slots=True)
class Health:
    """Ages in seconds of market time; None where nothing has been seen yet."""

    feed: str
    broker_stream: str
    last_bar_age_s: float | None
    last_reconcile_age_s: float | None
    bars_seen: int
    bars_quarantined: int
    latency_p50_ms: float | None
    latency_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One picture of the whole account at one instant of market time."""

    at: datetime
    mode: str
    account: str
    source: str
    speed: str
    session_open: bool
    equity: str
    cash: str
    day_open_equity: str
    day_pnl: str
    day_pnl_fraction: str
    realized_pnl: str
    unrealized_pnl: str
    buying_power: str
    reserved: str
    high_water_mark: str
    drawdown_fraction: str
    halt_level: str
    halts: tuple[HaltRow, ...]
    positions: tuple[PositionRow, ...]
    orders: tuple[OrderRow, ...]
    strategies: tuple[StrategyRow, ...]
    health: Health
    alerts: tuple[AlertRow, ...] = ()
    reports: tuple[ReportRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a live socket: the day's curve so far and the whole picture."""

    sequence: int
    dashboard: Dashboard
    curve: tuple[EquityPoint, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Tick:
    """Each second afterwards; `sequence` counts up by one, so that a gap is noticed."""

    sequence: int
    dashboard: Dashboard
