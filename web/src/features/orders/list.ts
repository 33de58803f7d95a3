/** Which orders are shown, in which order, and as which CSV. Pure. */
import type { OrderRow } from "../../api/messages";
import { orderGroup, type OrderGroup } from "../../format/status";

export type Column =
  | "at"
  | "strategy"
  | "symbol"
  | "side"
  | "quantity"
  | "limit_price"
  | "average_price"
  | "slippage_bps"
  | "status";

export interface Sorting {
  readonly by: Column;
  readonly down: boolean;
}

const NUMERIC: readonly Column[] = ["quantity", "limit_price", "average_price", "slippage_bps"];

/** Rows of a group (all of them with null) that have the text in any field that is shown. */
export function chosen(
  orders: readonly OrderRow[],
  group: OrderGroup | null,
  text: string,
): readonly OrderRow[] {
  const wanted = text.trim().toLowerCase();
  if (group === null && wanted === "") return orders;
  return orders.filter((row) => {
    if (group !== null && orderGroup(row.status) !== group) return false;
    const fields = [row.symbol, row.strategy, row.side, row.status, row.reason, row.client_order_id];
    return fields.some((field) => field.toLowerCase().includes(wanted));
  });
}

function value(row: OrderRow, by: Column): number | string {
  if (by === "at") return Date.parse(row.at);
  if (!NUMERIC.includes(by)) return row[by];
  return row[by] === "" ? Number.NEGATIVE_INFINITY : Number(row[by]);
}

/** As they come (newest first) for the default; equal rows keep that order. */
export function sorted(orders: readonly OrderRow[], { by, down }: Sorting): readonly OrderRow[] {
  if (by === "at" && down) return orders;
  const sign = down ? -1 : 1;
  const keyed = orders.map((row) => [value(row, by), row] as const);
  keyed.sort(([a], [b]) => (a < b ? -sign : a > b ? sign : 0));
  return keyed.map(([, row]) => row);
}

/** A click on a column: the first sorts by it downwards, the next one turns that around. */
export function turned(sorting: Sorting, by: Column): Sorting {
  return { by, down: sorting.by === by ? !sorting.down : true };
}

const FIELDS = [
  "client_order_id",
  "at",
  "strategy",
  "symbol",
  "side",
  "quantity",
  "filled_quantity",
  "limit_price",
  "reference_price",
  "average_price",
  "slippage_bps",
  "status",
  "filled_at",
  "reason",
] as const satisfies readonly (keyof OrderRow)[];

/** RFC 4180; a text that a spreadsheet would run as a formula gets an apostrophe before it. */
function cell(text: string): string {
  const isNumber = /^[+-]?[\d.]+$/.test(text);
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(orders: readonly OrderRow[]): string {
  const lines = orders.map((row) => FIELDS.map((field) => cell(row[field] ?? "")).join(","));
  return [FIELDS.join(","), ...lines].join("\r\n") + "\r\n";
}
