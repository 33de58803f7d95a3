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

/** One order, newest first; denial orders never left and carry the code in status. */
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
}

export interface StrategyRow {
  readonly name: string;
  readonly level: string;
  readonly day_pnl: string;
  readonly trades: number;
  readonly last_signal: string;
}

export interface HaltRow {
  readonly scope: string;
  readonly level: string;
  readonly code: string;
  readonly reason: string;
  readonly since: Instant;
}

export interface AlertRow {
  readonly at: Instant;
  readonly name: string;
  readonly text: string;
}

export interface EquityPoint {
  readonly at: Instant;
  readonly equity: string;
}

export interface ReportRow {
  readonly day: string;
  readonly html: string;
  readonly json: string;
}

/** Ages in seconds of market time; None where nothing has been seen yet. */
export interface Health {
  readonly feed: string;
  readonly broker_stream: string;
  readonly last_bar_age_s: number | null;
  readonly last_reconcile_age_s: number | null;
  readonly bars_seen: number;
  readonly bars_quarantined: number;
  readonly latency_p50_ms: number | null;
  readonly latency_p99_ms: number | null;
}

/** One picture of the whole account at one instant of market time. */
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
  readonly health: Health;
  readonly alerts: readonly AlertRow[];
  readonly reports: readonly ReportRow[];
}

/** The first message of a live socket: the day's curve so far and the whole picture. */
export interface Hello {
  readonly type: "hello";
  readonly sequence: number;
  readonly dashboard: Dashboard;
  readonly curve: readonly EquityPoint[];
}

/** Each second afterwards; sequence counts up by one, so that a gap is noticed. */
export interface Tick {
  readonly type: "tick";
  readonly sequence: number;
  readonly dashboard: Dashboard;
}

export type Message = Hello | Tick;

/** What each record must hold at run time; X[] is a list of X, X? may be null. */
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
  },
  StrategyRow: {
    name: "string",
    level: "string",
    day_pnl: "string",
    trades: "number",
    last_signal: "string",
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
  },
  EquityPoint: {
    at: "Instant",
    equity: "string",
  },
  ReportRow: {
    day: "string",
    html: "string",
    json: "string",
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
    health: "Health",
    alerts: "AlertRow[]",
    reports: "ReportRow[]",
  },
  Hello: {
    sequence: "number",
    dashboard: "Dashboard",
    curve: "EquityPoint[]",
  },
  Tick: {
    sequence: "number",
    dashboard: "Dashboard",
  },
} as const;
