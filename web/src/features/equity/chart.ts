/** The chart library behind one door: nothing else may know it. All its times are New York's. */
import {
  BaselineSeries,
  createChart,
  CrosshairMode,
  LineStyle,
  TickMarkType,
  type IChartApi,
  type IPriceLine,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Curve, CurvePoint } from "../../api/curve";
import { money } from "../../format/numbers";
import { day, minute, time } from "../../format/time";

const COLORS = {
  text: "#93a1b3",
  grid: "#18202b",
  line: "#222c39",
  good: "#4fd69c",
  bad: "#ff7b7b",
  mark: "#ffb454",
};

export interface Levels {
  readonly dayOpen: number;
  readonly highWaterMark: number;
}

export interface EquityChart {
  setLevels(levels: Levels): void;
  remove(): void;
}

const ms = (at: Time): number => (at as number) * 1000;

function tickMark(at: Time, type: TickMarkType): string {
  if (type === TickMarkType.TimeWithSeconds) return time(ms(at));
  return type === TickMarkType.Time ? minute(ms(at)) : day(ms(at));
}

function options() {
  return {
    autoSize: true,
    layout: {
      background: { color: "transparent" },
      textColor: COLORS.text,
      fontFamily: "JetBrains Mono, monospace",
      fontSize: 11,
      // Its logo brings an inline style that the content security policy forbids; the panel
      // carries the attribution instead.
      attributionLogo: false,
    },
    localization: {
      priceFormatter: (value: number) => money(value.toFixed(2)),
      timeFormatter: (at: Time) => `${day(ms(at))} ${time(ms(at))}`,
    },
    grid: { vertLines: { color: COLORS.grid }, horzLines: { color: COLORS.grid } },
    crosshair: { mode: CrosshairMode.Magnet },
    rightPriceScale: { borderColor: COLORS.line, scaleMargins: { top: 0.12, bottom: 0.12 } },
    timeScale: {
      borderColor: COLORS.line,
      timeVisible: true,
      secondsVisible: true,
      rightOffsetPixels: 24,
      minBarSpacing: 0.001, // a whole day of seconds fits
      tickMarkFormatter: tickMark,
    },
  };
}

/** Fits all points until the wheel or a drag says otherwise; a double click fits again. */
function keepWhole(element: HTMLElement, chart: IChartApi) {
  const done = new AbortController();
  let own = false;
  const fit = () => {
    if (!own) chart.timeScale().fitContent();
  };
  const take = () => {
    own = true;
  };
  const options = { signal: done.signal, passive: true };
  element.addEventListener("wheel", take, options);
  element.addEventListener("pointerdown", take, options);
  element.addEventListener(
    "dblclick",
    () => {
      own = false;
      fit();
    },
    options,
  );
  return { fit, stop: () => done.abort() };
}

const bar = (point: CurvePoint) => ({ time: point.time as UTCTimestamp, value: point.value });

/** Draws the curve into `element`, whole until a person zooms, and keeps it moving until `remove`. */
export function drawEquity(element: HTMLElement, curve: Curve): EquityChart {
  const chart = createChart(element, options());
  const series = chart.addSeries(BaselineSeries, {
    topLineColor: COLORS.good,
    topFillColor1: "rgba(79, 214, 156, 0.24)",
    topFillColor2: "rgba(79, 214, 156, 0.02)",
    bottomLineColor: COLORS.bad,
    bottomFillColor1: "rgba(255, 123, 123, 0.02)",
    bottomFillColor2: "rgba(255, 123, 123, 0.24)",
    lineWidth: 2,
    priceLineColor: COLORS.mark,
  });
  const level = (title: string, lineStyle: LineStyle): IPriceLine =>
    series.createPriceLine({
      price: 0,
      color: COLORS.text,
      lineWidth: 1,
      lineStyle,
      axisLabelVisible: true,
      title,
    });
  const open = level("day open", LineStyle.Dashed);
  const high = level("high-water mark", LineStyle.SparseDotted);
  const whole = keepWhole(element, chart);
  const stop = curve.subscribe({
    reset(points) {
      series.setData(points.map(bar));
      whole.fit();
    },
    append(point) {
      series.update(bar(point));
      whole.fit();
    },
  });
  return {
    setLevels({ dayOpen, highWaterMark }) {
      series.applyOptions({ baseValue: { type: "price", price: dayOpen } });
      open.applyOptions({ price: dayOpen });
      high.applyOptions({ price: highWaterMark });
    },
    remove() {
      stop();
      whole.stop();
      chart.remove();
    },
  };
}

