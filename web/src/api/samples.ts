/** Pictures for the tests of this folder. */
import type { Changes, Dashboard, Hello, OrderRow, Tick } from "./messages";

const START_MS = Date.parse("2013-10-07T14:31:00Z");

export function instant(second: number): string {
  return new Date(START_MS + second * 1000).toISOString();
}

export function dashboard(second: number, equity: string): Dashboard {
  return {
    at: instant(second),
    mode: "SIMULATED",
    account: "sim-1",
    source: "synthetic",
    speed: "1x",
    session_open: true,
    equity,
    cash: "1",
    day_open_equity: "100",
    day_pnl: "0",
    day_pnl_fraction: "0",
    realized_pnl: "0",
    unrealized_pnl: "0",
    buying_power: "1",
    reserved: "0",
    high_water_mark: "100",
    gross: "0",
    net: "0",
    drawdown_fraction: "0",
    halt_level: "ACTIVE",
    halts: [],
    positions: [],
    orders: [],
    strategies: [],
    limits: [],
    quotes: [],
    health: {
      feed: "live",
      broker_stream: "live",
      last_bar_age_s: null,
      last_reconcile_age_s: 1.5,
      bars_seen: 0,
      bars_quarantined: 0,
      latency_p50_ms: null,
      latency_p99_ms: null,
      feed_lag_s: null,
      waiting_order_age_s: null,
      queued: null,
      queue_age_s: null,
    },
    alerts: [],
    tape: {
      state: "live",
      at: instant(0),
      events_per_s: 0,
      lag_p50_ms: null,
      lag_p99_ms: null,
      stored_p50_ms: null,
      stored_p99_ms: null,
      waiting: 0,
      thinned: 0,
      refused: 0,
      unreadable: 0,
      spooled_bytes: 0,
      reconnects: 0,
      gaps: 0,
      symbols: 0,
      quietest: [],
    },
  };
}

export function order(number: number, changes: Partial<OrderRow> = {}): OrderRow {
  return {
    client_order_id: `o${number}`,
    at: instant(-number),
    strategy: "momentum",
    symbol: "SPY",
    side: "buy",
    quantity: "5",
    filled_quantity: "0",
    limit_price: "100.00",
    average_price: "",
    status: "filled",
    reason: "",
    filled_at: null,
    reference_price: "",
    slippage_bps: "",
    ...changes,
  };
}

export function hello(sequence: number, second: number, equity: string): Hello {
  const curve = [{ at: instant(second - 1), equity: "99" }];
  return {
    type: "hello",
    sequence,
    dashboard: dashboard(second, equity),
    curve,
    complete: true,
  };
}

export function tick(
  sequence: number,
  second: number,
  equity: string,
  changes: Changes = {},
): Tick {
  return { type: "tick", sequence, at: instant(second), changes: { equity, ...changes } };
}
