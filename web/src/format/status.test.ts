import { expect, test } from "vitest";
import { haltMark, healthMark, orderGroup, orderMark } from "./status";

test.each([
  ["filled", "filled"],
  ["partially_filled", "working"],
  ["submitting", "working"],
  ["canceled", "ended"],
  ["rejected", "refused"],
  ["POSITION_LIMIT", "refused"],
  ["unknown", "unknown"],
  ["cancelled", "unknown"], // not the broker's spelling: shown, never guessed
  ["<b>", "unknown"],
])("status %s is %s", (status, group) => {
  expect(orderGroup(status)).toBe(group);
});

test("marks differ by glyph and word, not by colour alone", () => {
  const marks = ["filled", "new", "canceled", "rejected", "unknown"].map(orderMark);
  expect(new Set(marks.map((mark) => mark.glyph)).size).toBe(marks.length);
  const levels = ["ACTIVE", "REDUCE_ONLY", "HALTED"].map(haltMark);
  expect(new Set(levels.map((mark) => mark.glyph)).size).toBe(levels.length);
});

test("labels are readable, denial codes stay as they are", () => {
  expect(orderMark("pending_cancel").label).toBe("pending cancel");
  expect(orderMark("BUYING_POWER").label).toBe("BUYING_POWER");
  expect(haltMark("REDUCE_ONLY").label).toBe("REDUCE ONLY");
});

test("an unknown halt level or health word is never shown as good", () => {
  expect(haltMark("PAUSED").tone).toBe("warn");
  expect(healthMark("connected").tone).toBe("good");
  expect(healthMark("auth_failed").tone).toBe("bad");
  expect(healthMark("").label).toBe("unknown");
  expect(healthMark("reconnecting").tone).toBe("warn");
});
