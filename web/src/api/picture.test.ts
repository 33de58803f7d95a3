import { expect, test } from "vitest";
import { applied } from "./picture";
import { dashboard, instant, order } from "./samples";

const AT = instant(9);
const BEFORE = { ...dashboard(0, "100"), orders: [order(1), order(2), order(3)] };

test("what is not told stays as it was, down to its identity", () => {
  const after = applied(BEFORE, AT, { equity: "101" });
  expect(after).toEqual({ ...BEFORE, at: AT, equity: "101" });
  expect(after.orders).toBe(BEFORE.orders);
});

test("a row takes its own place, and the others keep their identity", () => {
  const changed = order(2, { status: "canceled" });
  const { orders } = applied(BEFORE, AT, { orders: [changed] });
  expect(orders).toEqual([order(1), changed, order(3)]);
  expect(orders[0]).toBe(BEFORE.orders[0]);
});

test("new rows stand where their time puts them", () => {
  const newest = order(0);
  const older = order(7);
  const { orders } = applied(BEFORE, AT, { orders: [older, newest] });
  expect(orders.map((row) => row.client_order_id)).toEqual(["o0", "o1", "o2", "o3", "o7"]);
});

test("rows that are gone go, from their list alone", () => {
  const alert = (seq: number) => ({ at: AT, name: "halt", text: "", seq });
  const before = { ...BEFORE, alerts: [alert(3), alert(2)] };
  const after = applied(before, AT, {
    alerts: [alert(4)],
    gone: [
      { rows: "alerts", keys: ["2"] },
      { rows: "orders", keys: ["o1", "o2"] },
    ],
  });
  expect(after.alerts.map((row) => row.seq)).toEqual([4, 3]);
  expect(after.orders).toEqual([order(3)]);
  expect(after).not.toHaveProperty("gone");
});

test("the same tick twice is the same as once", () => {
  const changes = { equity: "101", orders: [order(0), order(2, { status: "canceled" })] };
  const once = applied(BEFORE, AT, changes);
  expect(applied(once, AT, changes)).toEqual(once);
});
