import { expect, test } from "vitest";
import { headroom, share } from "./RiskPanel";

function row(used: string, limit: string, unit = "fraction") {
  return { code: "X", used, limit, unit, effect: "denies", subject: "" };
}

test.each([
  [row("0.02", "0.05"), "3% left"],
  [row("0.05", "0.05"), "reached"],
  [row("0.07", "0.05"), "reached"],
  [row("", "0.05"), "unknown"],
  [row("12", "90", "seconds"), "78 s left"],
  [row("100.5", "1000", "dollars"), "899.50 left"],
  [row("3", "10", "count"), "7 left"],
])("headroom of %j", (limit, text) => {
  expect(headroom(limit)).toBe(text);
});

test("a limit of nothing has no share", () => {
  expect(share(row("1", "0"))).toBeNull();
  expect(share(row("-1", "2"))).toBe(0);
});
