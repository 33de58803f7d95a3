import { expect, test } from "vitest";
import { Curve, type CurvePoint } from "./curve";
import { instant } from "./samples";

function recorded(curve: Curve) {
  const drawn: CurvePoint[] = [];
  let resets = 0;
  const stop = curve.subscribe({
    reset: (points) => {
      resets += 1;
      drawn.splice(0, drawn.length, ...points);
    },
    append: (point) => drawn.push(point),
  });
  return { drawn, stop, resets: () => resets };
}

const values = (points: readonly CurvePoint[]) => points.map((point) => point.value);

test("a listener gets what is there, then what comes, until it stops", () => {
  const curve = new Curve();
  curve.replace([{ at: instant(0), equity: "100" }]);
  const { drawn, stop } = recorded(curve);
  curve.append(instant(1), "101.5");
  stop();
  curve.append(instant(2), "102");
  expect(values(drawn)).toEqual([100, 101.5]);
});

test("points are put in order, the last of a second wins, nonsense is left out", () => {
  const curve = new Curve();
  const { drawn } = recorded(curve);
  curve.replace([
    { at: instant(2), equity: "2" },
    { at: instant(1), equity: "1" },
    { at: instant(2), equity: "3" },
    { at: instant(3), equity: "much" },
  ]);
  expect(values(drawn)).toEqual([1, 3]);
});

test("a point of the past is ignored", () => {
  const curve = new Curve();
  const { drawn } = recorded(curve);
  curve.append(instant(5), "5");
  curve.append(instant(4), "4");
  expect(values(drawn)).toEqual([5]);
});

test("the curve stays bounded and keeps its ends", () => {
  const curve = new Curve(100);
  const { drawn, resets } = recorded(curve);
  for (let second = 0; second < 1000; second += 1) curve.append(instant(second), String(second));
  expect(drawn.length).toBeLessThanOrEqual(100);
  expect(drawn[0]?.value).toBe(0);
  expect(drawn.at(-1)?.value).toBe(999);
  expect(resets()).toBeGreaterThan(1);
});
