import { expect, test } from "vitest";
import { order } from "../../api/samples";
import { chosen, csv, sorted, turned } from "./list";

const ROWS = [
  order(1, { symbol: "SPY", status: "new", slippage_bps: "" }),
  order(2, { symbol: "IBM", status: "filled", slippage_bps: "-1.50" }),
  order(3, { symbol: "SPY", status: "POSITION_LIMIT", slippage_bps: "12.00", reason: "too much" }),
];
const ids = (rows: readonly { client_order_id: string }[]) => rows.map((row) => row.client_order_id);

test("filters by group and by text in any field", () => {
  expect(chosen(ROWS, null, " ")).toBe(ROWS);
  expect(ids(chosen(ROWS, "refused", ""))).toEqual(["o3"]);
  expect(ids(chosen(ROWS, null, "spy"))).toEqual(["o1", "o3"]);
  expect(ids(chosen(ROWS, null, "too MUCH"))).toEqual(["o3"]);
  expect(chosen(ROWS, "working", "ibm")).toEqual([]);
});

test("sorts numbers as numbers, unknown ones last when it goes down", () => {
  expect(ids(sorted(ROWS, { by: "slippage_bps", down: true }))).toEqual(["o3", "o2", "o1"]);
  expect(ids(sorted(ROWS, { by: "symbol", down: false }))).toEqual(["o2", "o1", "o3"]);
  expect(sorted(ROWS, { by: "at", down: true })).toBe(ROWS);
});

test("a second click turns the order around", () => {
  const once = turned({ by: "at", down: true }, "symbol");
  expect(once).toEqual({ by: "symbol", down: true });
  expect(turned(once, "symbol")).toEqual({ by: "symbol", down: false });
});

test("CSV quotes what needs it and disarms formulas", () => {
  const text = csv([
    order(1, { symbol: "=HYPERLINK(1)", reason: 'said "no", twice', slippage_bps: "-1.50" }),
  ]);
  const [head, line] = text.split("\r\n");
  expect(head).toMatch(/^client_order_id,at,strategy,symbol/);
  expect(line).toContain("'=HYPERLINK(1)");
  expect(line).toContain('"said ""no"", twice"');
  expect(line).toContain(",-1.50,");
});
