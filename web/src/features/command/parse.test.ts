import { expect, test } from "vitest";
import { commandOf } from "./parse";

const SYMBOLS = ["SPY", "IBM", "IBKR"];

test.each([
  ["spy", { kind: "symbol", symbol: "SPY" }],
  ["/IBM ", { kind: "symbol", symbol: "IBM" }],
  ["s", { kind: "symbol", symbol: "SPY" }],
  ["ib", null],
  ["filter  too much", { kind: "filter", text: "too much" }],
  ["filter", { kind: "filter", text: "" }],
  ["panel 4", { kind: "panel", digit: 4 }],
  ["panel 0", null],
  ["Flatten", { kind: "focus", key: "flatten" }],
  ["flatten now", null],
  ["palette", { kind: "palette" }],
  ["help", { kind: "help" }],
  ["", null],
  ["<b>", null],
])("%s", (line, order) => {
  expect(commandOf(line, SYMBOLS)).toEqual(order);
});
