import { expect, test } from "vitest";
import { decodeAnswer, decodeMessage, ProtocolError } from "./decode";
import { dashboard, hello, tick } from "./samples";

test("a good message comes through, with fields that are not known", () => {
  const message = { ...tick(4, 1, "100.10"), since: "a later version" };
  expect(decodeMessage(JSON.stringify(message))).toEqual(message);
});

test.each([
  ["not json", "Expected JSON"],
  ["null", "Expected a message of type hello or tick, was nothing"],
  ['{"type":"bye"}', 'was "bye"'],
  ['{"type":"hello","sequence":1,"dashboard":[]}', "Expected Dashboard at hello.dashboard, was []"],
  ['{"type":"tick","sequence":1,"at":"2013-10-07T14:31:00Z"}', "Expected Changes at tick.changes"],
])("%s is refused", (text, reason) => {
  expect(() => decodeMessage(text)).toThrow(ProtocolError);
  expect(() => decodeMessage(text)).toThrow(reason);
});

test.each([
  [{ equity: 5 }, "Expected string at hello.dashboard.equity, was 5"],
  [{ at: "yesterday" }, 'Expected Instant at hello.dashboard.at, was "yesterday"'],
  [{ session_open: "yes" }, "Expected boolean at hello.dashboard.session_open"],
  [{ orders: {} }, "Expected a list at hello.dashboard.orders, was {}"],
  [{ alerts: [{}] }, "Expected Instant at hello.dashboard.alerts[0].at, was nothing"],
  [{ health: null }, "Expected Health at hello.dashboard.health, was null"],
])("a wrong field %j says where", (change, reason) => {
  const message = { ...hello(1, 1, "1"), dashboard: { ...dashboard(1, "1"), ...change } };
  expect(() => decodeMessage(JSON.stringify(message))).toThrow(reason);
});

test("what a tick does not tell may be absent, but what it tells must be right", () => {
  expect(decodeMessage(JSON.stringify(tick(1, 1, "1")))).toMatchObject({ changes: { equity: "1" } });
  const wrong = { ...tick(1, 1, "1"), changes: { cash: null } };
  expect(() => decodeMessage(JSON.stringify(wrong))).toThrow("Expected string at tick.changes.cash");
});

test("answers are checked by their name", () => {
  const { type: _, ...answer } = hello(1, 1, "1");
  expect(decodeAnswer("Hello", JSON.stringify(answer)).sequence).toBe(1);
  expect(decodeAnswer("Visitor", '{"name":"ann","may_operate":false}').may_operate).toBe(false);
  expect(() => decodeAnswer("Visitor", '{"name":"ann"}')).toThrow("Visitor.may_operate");
});
