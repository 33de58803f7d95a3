"""What the dashboard shows, as data. Amounts are decimal strings until the page formats them.

`web/src/api/messages.ts` is generated from these names; a test holds the two against each other.
An empty string is an amount that is not known or not defined, never zero.
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
    """One order, newest first; `denial` orders never left and carry the code in `status`.

    `slippage_bps` is what the fills cost against `reference_price`, the last price when the order
    was decided: positive is a loss, in hundredths of a percent.
    """

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
    filled_at: datetime | None = None
    reference_price: str = ""
    slippage_bps: str = ""


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """One strategy's day: orders filled, round trips closed. The four figures after them are the
    report's: None or empty where the day does not define them.
    """

    name: str
    level: str
    day_pnl: str
    fills: int
    last_signal: str
    last_signal_at: datetime | None = None
    trades: int = 0
    sharpe: str = ""
    win_rate: str = ""
    max_drawdown: str = ""
    latency_p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit: how much of it is used. `unit` is fraction, dollars, seconds or count.

    `effect` says what happens when it is reached, `subject` what is measured (a symbol, say).
    """

    code: str
    used: str
    limit: str
    unit: str
    effect: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """The national best bid and offer of one symbol, as last seen."""

    symbol: str
    bid: str
    ask: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HaltRow:
    scope: str
    level: str
    code: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One event of the journal; `seq` is its number there."""

    at: datetime
    name: str
    text: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class EquityPoint:
    at: datetime
    equity: str


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that belongs beside the curve: a halt, a re-arming, a start, a deploy."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class CurveView:
    """The equity of a span: `day`, `week`, `month` or `all`, thinned to what a chart can show.

    `previous_close` is the last equity before the span, empty where there is none. `backtest` is
    what the backtester made of the newest days, where their reports compare them.
    """

    span: str
    points: tuple[EquityPoint, ...]
    markers: tuple[Marker, ...]
    previous_close: str
    backtest: tuple[EquityPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class BarRow:
    """One minute; `at` is its start. Prices are floats, as the market data is."""

    at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class BarsView:
    """The newest minute bars of one symbol, oldest first."""

    symbol: str
    bars: tuple[BarRow, ...]


@dataclass(frozen=True, slots=True)
class ReportRow:
    day: str
    html: str
    json: str


@dataclass(frozen=True, slots=True)
class ReportsView:
    """The reports that may be opened, newest first."""

    reports: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the page, and whether that person may do more than look."""

    name: str
    may_operate: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Ages in seconds of market time; None where nothing has been seen yet.

    `waiting_order_age_s` is how long the oldest approved order has waited to be sent,
    `queue_age_s` for how long some queue has not been seen empty; `queued` counts the messages in
    all of them.
    """

    feed: str
    broker_stream: str
    last_bar_age_s: float | None
    last_reconcile_age_s: float | None
    bars_seen: int
    bars_quarantined: int
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    feed_lag_s: float | None = None
    waiting_order_age_s: float | None = None
    queued: int | None = None
    queue_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class SymbolSeen:
    """When there was news of a symbol last, market time."""

    symbol: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TapeHealth:
    """How the feed's prints and quotes come in, by the container's own word, every few seconds.

    `state` is the connection's, "unknown" while the container says nothing. Lags are milliseconds
    from the tape's time to when an event was looked at (`lag`) and to when it was stored
    (`stored`); None where nothing came. Counts are since the container started; `waiting` is how
    many nobody has looked at yet. `quietest` are the symbols that were silent longest.
    """

    state: str = "unknown"
    at: datetime | None = None
    events_per_s: float = 0.0
    lag_p50_ms: float | None = None
    lag_p99_ms: float | None = None
    stored_p50_ms: float | None = None
    stored_p99_ms: float | None = None
    waiting: int = 0
    thinned: int = 0
    refused: int = 0
    unreadable: int = 0
    spooled_bytes: int = 0
    reconnects: int = 0
    gaps: int = 0
    symbols: int = 0
    quietest: tuple[SymbolSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One picture of the whole account at one instant of market time.

    `gross` and `net` are the market values of all positions, without and with their signs.
    """

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
    limits: tuple[LimitRow, ...]
    quotes: tuple[QuoteRow, ...]
    health: Health
    alerts: tuple[AlertRow, ...] = ()
    gross: str = ""
    net: str = ""
    tape: TapeHealth = field(default_factory=TapeHealth)


# The lists of a picture whose rows are told one by one, and the field that names a row.
KEYS: dict[str, str] = {
    "positions": "symbol",
    "orders": "client_order_id",
    "strategies": "name",
    "limits": "code",
    "quotes": "symbol",
    "alerts": "seq",
}


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows that a list of the picture has no more, by their keys as text."""

    rows: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is not as the picture before had it; what is absent is as it was.

    A list of `KEYS` brings the rows that are new or different, every other list all of its rows.
    """

    session_open: bool | None = None
    equity: str | None = None
    cash: str | None = None
    day_open_equity: str | None = None
    day_pnl: str | None = None
    day_pnl_fraction: str | None = None
    realized_pnl: str | None = None
    unrealized_pnl: str | None = None
    buying_power: str | None = None
    reserved: str | None = None
    high_water_mark: str | None = None
    drawdown_fraction: str | None = None
    halt_level: str | None = None
    halts: tuple[HaltRow, ...] | None = None
    positions: tuple[PositionRow, ...] | None = None
    orders: tuple[OrderRow, ...] | None = None
    strategies: tuple[StrategyRow, ...] | None = None
    limits: tuple[LimitRow, ...] | None = None
    quotes: tuple[QuoteRow, ...] | None = None
    health: Health | None = None
    alerts: tuple[AlertRow, ...] | None = None
    gross: str | None = None
    net: str | None = None
    tape: TapeHealth | None = None
    gone: tuple[Gone, ...] | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    """The whole picture and the day's curve so far: the answer of REST, and the first message of a
    live socket. `complete` is false where it was shortened to fit into one message of the socket;
    then the whole one is to be asked for over REST.
    """

    sequence: int
    dashboard: Dashboard
    curve: tuple[EquityPoint, ...] = field(default_factory=tuple)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Tick:
    """Each second afterwards; `sequence` counts up by one, so that a gap is noticed."""

    sequence: int
    at: datetime
    changes: Changes
