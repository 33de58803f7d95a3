/** The equity curve, kept outside React: points go straight to whoever draws them. */
import type { EquityPoint } from "./messages";

const MAX_POINTS = 3_000;

/** Seconds since 1970 in UTC, and dollars; floats are good enough for pixels. */
export interface CurvePoint {
  readonly time: number;
  readonly value: number;
}

export interface CurveListener {
  /** All points anew: a hello, a repaired gap, or the curve was thinned out. */
  reset(points: readonly CurvePoint[]): void;
  /** One point later than all others, or a new value of the last one. */
  append(point: CurvePoint): void;
}

function toPoint(point: EquityPoint): CurvePoint {
  return { time: Math.floor(Date.parse(point.at) / 1000), value: Number(point.equity) };
}

/** One value a second at most, in order of time; the last one of a second wins. */
function ordered(points: readonly CurvePoint[]): CurvePoint[] {
  const bySecond = new Map<number, CurvePoint>();
  for (const point of points) {
    if (Number.isFinite(point.value)) bySecond.set(point.time, point);
  }
  return [...bySecond.values()].sort((a, b) => a.time - b.time);
}

/** Every second point of the older half, so that a day of ticks keeps a flat heap. */
function thinned(points: readonly CurvePoint[]): CurvePoint[] {
  const half = Math.floor(points.length / 2);
  return points.filter((_, index) => index >= half || index % 2 === 0);
}

export class Curve {
  private points: CurvePoint[] = [];
  private readonly listeners = new Set<CurveListener>();
  private readonly maxPoints: number;

  constructor(maxPoints: number = MAX_POINTS) {
    this.maxPoints = maxPoints;
  }

  /** Calls the listener with what is there, then with what comes. Answers how to stop. */
  subscribe(listener: CurveListener): () => void {
    this.listeners.add(listener);
    listener.reset(this.points);
    return () => this.listeners.delete(listener);
  }

  replace(points: readonly EquityPoint[]): void {
    this.points = ordered(points.map(toPoint));
    this.shrink();
    this.announce();
  }

  /** A point that lies before the last one is ignored: it comes from an older picture. */
  append(at: string, equity: string): void {
    const point = toPoint({ at, equity });
    const last = this.points.at(-1);
    if (!Number.isFinite(point.value) || (last !== undefined && point.time < last.time)) return;
    if (last?.time === point.time) this.points.pop();
    this.points.push(point);
    if (this.shrink()) this.announce();
    else for (const listener of this.listeners) listener.append(point);
  }

  private shrink(): boolean {
    const before = this.points.length;
    while (this.points.length > this.maxPoints) this.points = thinned(this.points);
    return this.points.length < before;
  }

  private announce(): void {
    for (const listener of this.listeners) listener.reset(this.points);
  }
}
