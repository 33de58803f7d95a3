/** The picture after a tick. What did not change keeps its identity, so that nothing is drawn twice. */
import { KEYS, type Changes, type Dashboard, type Gone, type Instant } from "./messages";

type Listed = keyof typeof KEYS;
type Row = Dashboard[Listed][number];

/** Newest first where rows have a time, by name elsewhere; strategies and limits keep their place. */
const ORDER: Partial<Record<Listed, (a: never, b: never) => number>> = {
  positions: (a: { symbol: string }, b: { symbol: string }) => byText(a.symbol, b.symbol),
  quotes: (a: { symbol: string }, b: { symbol: string }) => byText(a.symbol, b.symbol),
  orders: (
    a: { at: Instant; client_order_id: string },
    b: { at: Instant; client_order_id: string },
  ) => Date.parse(b.at) - Date.parse(a.at) || byText(a.client_order_id, b.client_order_id),
  alerts: (a: { seq: number }, b: { seq: number }) => b.seq - a.seq,
};

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf(list: Listed, row: Row): string {
  return String((row as unknown as Record<string, unknown>)[KEYS[list]]);
}

/** The list with the rows that came and without those that went; the same list if nothing did. */
function merged(
  list: Listed,
  before: readonly Row[],
  came: readonly Row[],
  went: ReadonlySet<string>,
): readonly Row[] {
  if (came.length === 0 && went.size === 0) return before;
  const fresh = new Map(came.map((row) => [keyOf(list, row), row]));
  const rows: Row[] = [];
  for (const row of before) {
    const key = keyOf(list, row);
    if (went.has(key)) continue;
    rows.push(fresh.get(key) ?? row);
    fresh.delete(key);
  }
  if (fresh.size === 0) return rows;
  rows.push(...fresh.values());
  const order = ORDER[list] as ((a: Row, b: Row) => number) | undefined;
  return order === undefined ? rows : rows.sort(order);
}

function wentFrom(list: Listed, gone: readonly Gone[]): ReadonlySet<string> {
  return new Set(gone.filter((each) => each.rows === list).flatMap((each) => each.keys));
}

export function applied(before: Dashboard, at: Instant, changes: Changes): Dashboard {
  const { gone = [], ...told } = changes;
  const next: Record<string, unknown> = { ...before, ...told, at };
  for (const list of Object.keys(KEYS) as Listed[]) {
    next[list] = merged(list, before[list], changes[list] ?? [], wentFrom(list, gone));
  }
  return next as unknown as Dashboard;
}
