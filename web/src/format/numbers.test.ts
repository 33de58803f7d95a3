import { expect, test } from "vitest";
import {
  age,
  average,
  counted,
  direction,
  latency,
  money,
  percent,
  price,
  quantity,
  signedMoney,
  signedPercent,
} from "./numbers";

const MINUS = "\u2212";

test.each([
  ["100123.456", "100,123.46"],
  ["-0.5", `${MINUS}0.50`],
  ["0", "0.00"],
  ["-0.001", "0.00"],
  ["9007199254740993.01", "9,007,199,254,740,993.01"], // not a float
  ["1E+3", "1,000.00"],
  ["", "–"],
  ["not a number", "not a number"],
])("money %s", (value, text) => {
  expect(money(value)).toBe(text);
});

test("gains carry their sign, nothing does not", () => {
  expect(signedMoney("12.3")).toBe("+12.30");
  expect(signedMoney("-12.3")).toBe(`${MINUS}12.30`);
  expect(signedMoney("0.00")).toBe("0.00");
  expect(signedPercent("0.00123456")).toBe("+0.12%");
});

test("prices, averages, quantities and fractions", () => {
  expect(price("181.25")).toBe("181.25");
  expect(price("0.1234")).toBe("0.1234");
  expect(average("181.25")).toBe("181.2500");
  expect(quantity("1200")).toBe("1,200");
  expect(quantity("0.333333")).toBe("0.333333");
  expect(percent("0.0975")).toBe("9.75%");
  expect(counted(12345)).toBe("12,345");
});

test.each([
  ["0.01", "up"],
  ["-0.01", "down"],
  ["-0.00", "flat"],
  ["0E-8", "flat"],
  ["", "flat"],
  ["<b>", "flat"],
])("direction of %s", (value, way) => {
  expect(direction(value)).toBe(way);
});

test.each([
  [null, "–"],
  [8.44, "8.4 ms"],
  [212.4, "212 ms"],
  [3100, "3.10 s"],
])("latency %s", (ms, text) => {
  expect(latency(ms)).toBe(text);
});

test.each([
  [null, "–"],
  [-1, "0 s"],
  [59.9, "59 s"],
  [125, "2 m 05 s"],
  [11220, "3 h 07 m"],
])("age %s", (seconds, text) => {
  expect(age(seconds)).toBe(text);
});
