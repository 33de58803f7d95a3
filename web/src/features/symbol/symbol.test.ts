import { expect, test } from "vitest";
import { order } from "../../api/samples";
import { spreadBps } from "./Book";
import { orderMarks } from "./SymbolPanel";

test("the spread is in basis points of the middle", () => {
  const at = "2013-10-07T14:31:00Z";
  expect(spreadBps({ symbol: "SPY", bid: "99.99", ask: "100.01", at })).toBe("2.0");
  expect(spreadBps({ symbol: "SPY", bid: "0", ask: "1", at })).toBe("");
  expect(spreadBps(null)).toBe("");
});

test("only fills of the symbol that its bars reach are marked", () => {
  const filled = { status: "filled", filled_quantity: "5", filled_at: "2013-10-07T14:31:40Z" };
  const rows = [
    order(1, filled),
    order(2, { ...filled, symbol: "IBM" }),
    order(3),
    order(4, { ...filled, filled_at: "2013-10-07T13:00:00Z" }),
  ];
  const first = Date.parse("2013-10-07T14:00:00Z") / 1000;
  expect(orderMarks(rows, "SPY", first)).toEqual([
    { time: Date.parse("2013-10-07T14:31:00Z") / 1000, text: "5", kind: "buy" },
  ]);
});
