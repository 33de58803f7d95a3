import { expect, test } from "vitest";
import { decodeHello, decodeMessage, ProtocolError } from "./decode";
import { dashboard, hello, tick } from "./samples";

test("a good message comes through, with fields that are not known", () => {
  const message = { ...tick(4, 1, "100.10"), since: "a later version" };
  expect(decodeMessage(JSON.stringify(message))).toEqual(message);
});

test.each([
  ["not json", "Expected JSON"],
  ["null", "Expected a message of type hello or tick, was nothing"],
  ['{"type":"bye"}', 'was "bye"'],
  ['{"type":"tick","sequence":1,"dashboard":[]}', "Expected Dashboard at tick.dashboard, was []"],
])("%s is refused", (text, reason) => {
  expect(() => decodeMessage(text)).toThrow(ProtocolError);
  expect(() => decodeMessage(text)).toThrow(reason);
});

test.each([
  [{ equity: 5 }, "Expected string at tick.dashboard.equity, was 5"],
  [{ at: "yesterday" }, 'Expected Instant at tick.dashboard.at, was "yesterday"'],
  [{ session_open: "yes" }, "Expected boolean at tick.dashboard.session_open"],
  [{ orders: {} }, "Expected a list at tick.dashboard.orders, was {}"],
  [{ alerts: [{}] }, "Expected Instant at tick.dashboard.alerts[0].at, was nothing"],
  [{ health: null }, "Expected Health at tick.dashboard.health, was null"],
])("a wrong field %j says where", (change, reason) => {
  const message = { ...tick(1, 1, "1"), dashboard: { ...dashboard(1, "1"), ...change } };
  expect(() => decodeMessage(JSON.stringify(message))).toThrow(reason);
});

test("the snapshot must be a hello", () => {
  expect(decodeHello(JSON.stringify(hello(1, 1, "1"))).sequence).toBe(1);
  expect(() => decodeHello(JSON.stringify(tick(1, 1, "1")))).toThrow("Expected a hello");
});
