// Generated from quantterminal/domain/view.py by tests/generate_web_types.py: do not edit.

/** A moment as ISO 8601 in UTC. */
export type Instant = string;

/** One symbol of the account, netted; strategies names who holds it. */
export interface PositionRow {
  readonly symbol: string;
  readonly quantity: string;
  readonly average_price: string;
  readonly last: string;
  readonly market_value: string;
  readonly unrealized_pnl: string;
  readonly realized_pnl: string;
  readonly weight: string;
  readonly strategies: readonly string[];
}

/** One order, newest first; denial orders never left and carry the code in status. slippage_bps is what the fills cost against reference_price, the last price when the order was decided: positive is a loss, in hundredths of a percent. */
export interface OrderRow {
  readonly client_order_id: string;
  readonly at: Instant;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: string;
  readonly filled_quantity: string;
  readonly limit_price: string;
  readonly average_price: string;
  readonly status: string;
  readonly reason: string;
  readonly filled_at: Instant | null;
  readonly reference_price: string;
  readonly slippage_bps: string;
}

/** One strategy's day: orders filled, round trips closed. The four figures after them are the report's: None or empty where the day does not define them. */
export interface StrategyRow {
  readonly name: string;
  readonly level: string;
  readonly day_pnl: string;
  readonly fills: number;
  readonly last_signal: string;
  readonly last_signal_at: Instant | null;
  readonly trades: number;
  readonly sharpe: string;
  readonly win_rate: string;
  readonly max_drawdown: string;
  readonly latency_p99_ms: number | null;
}

/** One limit: how much of it is used. unit is fraction, dollars, seconds or count. effect says what happens when it is reached, subject what is measured (a symbol, say). */
export interface LimitRow {
  readonly code: string;
  readonly used: string;
  readonly limit: string;
  readonly unit: string;
  readonly effect: string;
  readonly subject: string;
}

/** The national best bid and offer of one symbol, as last seen. */
export interface QuoteRow {
  readonly symbol: string;
  readonly bid: string;
  readonly ask: string;
  readonly at: Instant;
}

export interface HaltRow {
  readonly scope: string;
  readonly level: string;
  readonly code: string;
  readonly reason: string;
  readonly since: Instant;
}

/** One event of the journal; seq is its number there. */
export interface AlertRow {
  readonly at: Instant;
  readonly name: string;
  readonly text: string;
  readonly seq: number;
}

export interface EquityPoint {
  readonly at: Instant;
  readonly equity: string;
}

/** Something that belongs beside the curve: a halt, a re-arming, a start, a deploy. */
export interface Marker {
  readonly at: Instant;
  readonly kind: string;
  readonly text: string;
}

/** The equity of a span: day, week, month or all, thinned to what a chart can show. previous_close is the last equity before the span, empty where there is none. backtest is what the backtester made of the newest days, where their reports compare them. */
export interface CurveView {
  readonly span: string;
  readonly points: readonly EquityPoint[];
  readonly markers: readonly Marker[];
  readonly previous_close: string;
  readonly backtest: readonly EquityPoint[];
}

/** One minute; at is its start. Prices are floats, as the market data is. */
export interface BarRow {
  readonly at: Instant;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** The newest minute bars of one symbol, oldest first. */
export interface BarsView {
  readonly symbol: string;
  readonly bars: readonly BarRow[];
}

export interface ReportRow {
  readonly day: string;
  readonly html: string;
  readonly json: string;
}

/** The reports that may be opened, newest first. */
export interface ReportsView {
  readonly reports: readonly ReportRow[];
}

/** Who looks at the page, and whether that person may do more than look. */
export interface Visitor {
  readonly name: string;
  readonly may_operate: boolean;
}

/** Ages in seconds of market time; None where nothing has been seen yet. waiting_order_age_s is how long the oldest approved order has waited to be sent, queue_age_s for how long some queue has not been seen empty; queued counts the messages in all of them. */
export interface Health {
  readonly feed: string;
  readonly broker_stream: string;
  readonly last_bar_age_s: number | null;
  readonly last_reconcile_age_s: number | null;
  readonly bars_seen: number;
  readonly bars_quarantined: number;
  readonly latency_p50_ms: number | null;
  readonly latency_p99_ms: number | null;
  readonly feed_lag_s: number | null;
  readonly waiting_order_age_s: number | null;
  readonly queued: number | null;
  readonly queue_age_s: number | null;
}

/** When there was news of a symbol last, market time. */
export interface SymbolSeen {
  readonly symbol: string;
  readonly at: Instant;
}

/** How the feed's prints and quotes come in, by the container's own word, every few seconds. state is the connection's, "unknown" while the container says nothing. Lags are milliseconds from the tape's time to when an event was looked at (lag) and to when it was stored (stored); None where nothing came. Counts are since the container started; waiting is how many nobody has looked at yet. quietest are the symbols that were silent longest. */
export interface TapeHealth {
  readonly state: string;
  readonly at: Instant | null;
  readonly events_per_s: number;
  readonly lag_p50_ms: number | null;
  readonly lag_p99_ms: number | null;
  readonly stored_p50_ms: number | null;
  readonly stored_p99_ms: number | null;
  readonly waiting: number;
  readonly thinned: number;
  readonly refused: number;
  readonly unreadable: number;
  readonly spooled_bytes: number;
  readonly reconnects: number;
  readonly gaps: number;
  readonly symbols: number;
  readonly quietest: readonly SymbolSeen[];
}

/** One picture of the whole account at one instant of market time. gross and net are the market values of all positions, without and with their signs. */
export interface Dashboard {
  readonly at: Instant;
  readonly mode: string;
  readonly account: string;
  readonly source: string;
  readonly speed: string;
  readonly session_open: boolean;
  readonly equity: string;
  readonly cash: string;
  readonly day_open_equity: string;
  readonly day_pnl: string;
  readonly day_pnl_fraction: string;
  readonly realized_pnl: string;
  readonly unrealized_pnl: string;
  readonly buying_power: string;
  readonly reserved: string;
  readonly high_water_mark: string;
  readonly drawdown_fraction: string;
  readonly halt_level: string;
  readonly halts: readonly HaltRow[];
  readonly positions: readonly PositionRow[];
  readonly orders: readonly OrderRow[];
  readonly strategies: readonly StrategyRow[];
  readonly limits: readonly LimitRow[];
  readonly quotes: readonly QuoteRow[];
  readonly health: Health;
  readonly alerts: readonly AlertRow[];
  readonly gross: string;
  readonly net: string;
  readonly tape: TapeHealth;
}

/** Rows that a list of the picture has no more, by their keys as text. */
export interface Gone {
  readonly rows: string;
  readonly keys: readonly string[];
}

/** What is not as the picture before had it; what is absent is as it was. A list of KEYS brings the rows that are new or different, every other list all of its rows. */
export interface Changes {
  readonly session_open?: boolean;
  readonly equity?: string;
  readonly cash?: string;
  readonly day_open_equity?: string;
  readonly day_pnl?: string;
  readonly day_pnl_fraction?: string;
  readonly realized_pnl?: string;
  readonly unrealized_pnl?: string;
  readonly buying_power?: string;
  readonly reserved?: string;
  readonly high_water_mark?: string;
  readonly drawdown_fraction?: string;
  readonly halt_level?: string;
  readonly halts?: readonly HaltRow[];
  readonly positions?: readonly PositionRow[];
  readonly orders?: readonly OrderRow[];
  readonly strategies?: readonly StrategyRow[];
  readonly limits?: readonly LimitRow[];
  readonly quotes?: readonly QuoteRow[];
  readonly health?: Health;
  readonly alerts?: readonly AlertRow[];
  readonly gross?: string;
  readonly net?: string;
  readonly tape?: TapeHealth;
  readonly gone?: readonly Gone[];
}

/** The whole picture and the day's curve so far: the answer of REST, and the first message of a live socket. complete is false where it was shortened to fit into one message of the socket; then the whole one is to be asked for over REST. */
export interface Hello {
  readonly type: "hello";
  readonly sequence: number;
  readonly dashboard: Dashboard;
  readonly curve: readonly EquityPoint[];
  readonly complete: boolean;
}

/** Each second afterwards; sequence counts up by one, so that a gap is noticed. */
export interface Tick {
  readonly type: "tick";
  readonly sequence: number;
  readonly at: Instant;
  readonly changes: Changes;
}

export type Message = Hello | Tick;

/** The lists of a picture whose rows are told one by one, and what names a row. */
export const KEYS = {
  positions: "symbol",
  orders: "client_order_id",
  strategies: "name",
  limits: "code",
  quotes: "symbol",
  alerts: "seq",
} as const;

/** What a record must hold; X[] is a list of X, X? may be null, X~ may be absent. */
export const SHAPES = {
  PositionRow: {
    symbol: "string",
    quantity: "string",
    average_price: "string",
    last: "string",
    market_value: "string",
    unrealized_pnl: "string",
    realized_pnl: "string",
    weight: "string",
    strategies: "string[]",
  },
  OrderRow: {
    client_order_id: "string",
    at: "Instant",
    strategy: "string",
    symbol: "string",
    side: "string",
    quantity: "string",
    filled_quantity: "string",
    limit_price: "string",
    average_price: "string",
    status: "string",
    reason: "string",
    filled_at: "Instant?",
    reference_price: "string",
    slippage_bps: "string",
  },
  StrategyRow: {
    name: "string",
    level: "string",
    day_pnl: "string",
    fills: "number",
    last_signal: "string",
    last_signal_at: "Instant?",
    trades: "number",
    sharpe: "string",
    win_rate: "string",
    max_drawdown: "string",
    latency_p99_ms: "number?",
  },
  LimitRow: {
    code: "string",
    used: "string",
    limit: "string",
    unit: "string",
    effect: "string",
    subject: "string",
  },
  QuoteRow: {
    symbol: "string",
    bid: "string",
    ask: "string",
    at: "Instant",
  },
  HaltRow: {
    scope: "string",
    level: "string",
    code: "string",
    reason: "string",
    since: "Instant",
  },
  AlertRow: {
    at: "Instant",
    name: "string",
    text: "string",
    seq: "number",
  },
  EquityPoint: {
    at: "Instant",
    equity: "string",
  },
  Marker: {
    at: "Instant",
    kind: "string",
    text: "string",
  },
  CurveView: {
    span: "string",
    points: "EquityPoint[]",
    markers: "Marker[]",
    previous_close: "string",
    backtest: "EquityPoint[]",
  },
  BarRow: {
    at: "Instant",
    open: "number",
    high: "number",
    low: "number",
    close: "number",
    volume: "number",
  },
  BarsView: {
    symbol: "string",
    bars: "BarRow[]",
  },
  ReportRow: {
    day: "string",
    html: "string",
    json: "string",
  },
  ReportsView: {
    reports: "ReportRow[]",
  },
  Visitor: {
    name: "string",
    may_operate: "boolean",
  },
  Health: {
    feed: "string",
    broker_stream: "string",
    last_bar_age_s: "number?",
    last_reconcile_age_s: "number?",
    bars_seen: "number",
    bars_quarantined: "number",
    latency_p50_ms: "number?",
    latency_p99_ms: "number?",
    feed_lag_s: "number?",
    waiting_order_age_s: "number?",
    queued: "number?",
    queue_age_s: "number?",
  },
  SymbolSeen: {
    symbol: "string",
    at: "Instant",
  },
  TapeHealth: {
    state: "string",
    at: "Instant?",
    events_per_s: "number",
    lag_p50_ms: "number?",
    lag_p99_ms: "number?",
    stored_p50_ms: "number?",
    stored_p99_ms: "number?",
    waiting: "number",
    thinned: "number",
    refused: "number",
    unreadable: "number",
    spooled_bytes: "number",
    reconnects: "number",
    gaps: "number",
    symbols: "number",
    quietest: "SymbolSeen[]",
  },
  Dashboard: {
    at: "Instant",
    mode: "string",
    account: "string",
    source: "string",
    speed: "string",
    session_open: "boolean",
    equity: "string",
    cash: "string",
    day_open_equity: "string",
    day_pnl: "string",
    day_pnl_fraction: "string",
    realized_pnl: "string",
    unrealized_pnl: "string",
    buying_power: "string",
    reserved: "string",
    high_water_mark: "string",
    drawdown_fraction: "string",
    halt_level: "string",
    halts: "HaltRow[]",
    positions: "PositionRow[]",
    orders: "OrderRow[]",
    strategies: "StrategyRow[]",
    limits: "LimitRow[]",
    quotes: "QuoteRow[]",
    health: "Health",
    alerts: "AlertRow[]",
    gross: "string",
    net: "string",
    tape: "TapeHealth",
  },
  Gone: {
    rows: "string",
    keys: "string[]",
  },
  Changes: {
    session_open: "boolean~",
    equity: "string~",
    cash: "string~",
    day_open_equity: "string~",
    day_pnl: "string~",
    day_pnl_fraction: "string~",
    realized_pnl: "string~",
    unrealized_pnl: "string~",
    buying_power: "string~",
    reserved: "string~",
    high_water_mark: "string~",
    drawdown_fraction: "string~",
    halt_level: "string~",
    halts: "HaltRow[]~",
    positions: "PositionRow[]~",
    orders: "OrderRow[]~",
    strategies: "StrategyRow[]~",
    limits: "LimitRow[]~",
    quotes: "QuoteRow[]~",
    health: "Health~",
    alerts: "AlertRow[]~",
    gross: "string~",
    net: "string~",
    tape: "TapeHealth~",
    gone: "Gone[]~",
  },
  Hello: {
    sequence: "number",
    dashboard: "Dashboard",
    curve: "EquityPoint[]",
    complete: "boolean",
  },
  Tick: {
    sequence: "number",
    at: "Instant",
    changes: "Changes",
  },
} as const;
