/** The chart library behind one door: nothing else may know it. All its times are New York's. */
import {
  BaselineSeries,
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  LineSeries,
  LineStyle,
  TickMarkType,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { money, price } from "../format/numbers";
import { day, minute, time } from "../format/time";

/** Seconds since 1970 in UTC; floats are good enough for pixels. */
export interface Point {
  readonly time: number;
  readonly value: number;
}

export interface Candle {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface Mark {
  readonly time: number;
  readonly text: string;
  readonly kind: "buy" | "sell" | "note" | "alarm";
  /** Times the usual size. */
  readonly size?: number;
}

export interface Level {
  readonly title: string;
  readonly price: number;
  readonly style: "dashed" | "dotted" | "solid";
}

/** What a panel may do to its chart. */
export interface Painter {
  setPoints(points: readonly Point[]): void;
  append(point: Point): void;
  /** A second, dashed line under that title; none where there are no points. */
  setOther(title: string, points: readonly Point[]): void;
  setCandles(candles: readonly Candle[]): void;
  setMarks(marks: readonly Mark[]): void;
  /** `base` is where above turns into below. */
  setLevels(levels: readonly Level[], base?: number): void;
}

export interface TimeChart extends Painter {
  remove(): void;
}

const STYLES = {
  dashed: LineStyle.Dashed,
  dotted: LineStyle.SparseDotted,
  solid: LineStyle.Solid,
};

/** The share of the points that lie so far left that a text over them has no place. */
const EDGE = 0.05;

const ms = (at: Time): number => (at as number) * 1000;
const stamp = (seconds: number): UTCTimestamp => seconds as UTCTimestamp;

function tickMark(at: Time, type: TickMarkType): string {
  if (type === TickMarkType.TimeWithSeconds) return time(ms(at));
  return type === TickMarkType.Time ? minute(ms(at)) : day(ms(at));
}

/** The colours of the palette that the page has now. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--color-${name}`).trim();
  return {
    text: of("dim"),
    line: of("line"),
    good: of("good"),
    bad: of("bad"),
    mark: of("amber"),
    info: of("info"),
  };
}

type Colours = ReturnType<typeof colours>;

function options(kind: "equity" | "candles", { text, line }: Colours) {
  return {
    autoSize: true,
    layout: {
      background: { color: "transparent" },
      textColor: text,
      fontFamily: "JetBrains Mono, monospace",
      fontSize: 11,
      // Its logo brings an inline style that the content security policy forbids; the panel
      // carries the attribution instead.
      attributionLogo: false,
    },
    localization: {
      priceFormatter: (value: number) =>
        kind === "equity" ? money(value.toFixed(2)) : price(value.toFixed(2)),
      timeFormatter: (at: Time) => `${day(ms(at))} ${time(ms(at))}`,
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    crosshair: { mode: CrosshairMode.Magnet },
    rightPriceScale: { borderColor: line, scaleMargins: { top: 0.12, bottom: 0.12 } },
    timeScale: {
      borderColor: line,
      timeVisible: true,
      secondsVisible: kind === "equity",
      rightOffsetPixels: 24,
      minBarSpacing: 0.001, // a whole day of seconds fits
      tickMarkFormatter: tickMark,
    },
  };
}

function alpha(colour: string, share: number): string {
  return `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}`;
}

function equityColours({ good, bad, mark }: Colours) {
  return {
    topLineColor: good,
    topFillColor1: alpha(good, 0.24),
    topFillColor2: alpha(good, 0.02),
    bottomLineColor: bad,
    bottomFillColor1: alpha(bad, 0.02),
    bottomFillColor2: alpha(bad, 0.24),
    priceLineColor: mark,
  };
}

function otherColours({ info }: Colours) {
  return { color: info };
}

function candleColours({ good, bad, mark }: Colours) {
  return {
    // hollow or full: the way of a bar is told by its shape, too
    upColor: "transparent",
    downColor: bad,
    borderUpColor: good,
    borderDownColor: bad,
    wickUpColor: good,
    wickDownColor: bad,
    priceLineColor: mark,
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
  const listening = { signal: done.signal, passive: true };
  element.addEventListener("wheel", take, listening);
  element.addEventListener("pointerdown", take, listening);
  element.addEventListener(
    "dblclick",
    () => {
      own = false;
      fit();
    },
    listening,
  );
  return { fit, stop: () => done.abort() };
}

/** A text stands over the middle of its mark. At the left edge half of it would be cut off, so that
 * half is blank up to `edge`. */
function besideEdge(mark: Mark, edge: number): Mark {
  if (mark.time > edge || mark.text === "") return mark;
  return { ...mark, text: "\u00a0".repeat(mark.text.length + 2) + mark.text };
}

function seriesMark(mark: Mark, { good, bad, info, mark: amber }: Colours): SeriesMarker<Time> {
  const look = { time: stamp(mark.time), text: mark.text, size: mark.size ?? 1 };
  switch (mark.kind) {
    case "buy":
      return { ...look, position: "belowBar", shape: "arrowUp", color: info };
    case "sell":
      return { ...look, position: "aboveBar", shape: "arrowDown", color: amber };
    case "alarm":
      return { ...look, position: "aboveBar", shape: "square", color: bad };
    case "note":
      return { ...look, position: "aboveBar", shape: "circle", color: good };
  }
}

/** Draws into `element`, whole until a person zooms, in the page's palette, until `remove`. */
export function drawTimeChart(element: HTMLElement, kind: "equity" | "candles"): TimeChart {
  let palette = colours();
  const chart = createChart(element, options(kind, palette));
  const equity =
    kind === "equity"
      ? chart.addSeries(BaselineSeries, { lineWidth: 2, ...equityColours(palette) })
      : null;
  const candles =
    kind === "candles" ? chart.addSeries(CandlestickSeries, candleColours(palette)) : null;
  const series = (equity ?? candles) as ISeriesApi<"Baseline" | "Candlestick">;
  let other: ISeriesApi<"Line"> | null = null;
  const marking = createSeriesMarkers(series, []);
  const whole = keepWhole(element, chart);
  let marks: readonly Mark[] = [];
  const lines = new Map<string, IPriceLine>();

  const drawMarks = () => {
    const data = series.data();
    const edge = (data[Math.floor(data.length * EDGE)]?.time ?? 0) as number;
    marking.setMarkers(marks.map((mark) => seriesMark(besideEdge(mark, edge), palette)));
  };
  const recolour = new MutationObserver(() => {
    palette = colours();
    chart.applyOptions(options(kind, palette));
    equity?.applyOptions(equityColours(palette));
    other?.applyOptions(otherColours(palette));
    candles?.applyOptions(candleColours(palette));
    drawMarks();
  });
  recolour.observe(document.documentElement, { attributeFilter: ["data-palette"] });

  return {
    setPoints(points) {
      equity?.setData(points.map((point) => ({ time: stamp(point.time), value: point.value })));
      drawMarks();
      whole.fit();
    },
    append(point) {
      equity?.update({ time: stamp(point.time), value: point.value });
      whole.fit();
    },
    setOther(title, points) {
      if (other !== null && points.length === 0) {
        chart.removeSeries(other);
        other = null;
      }
      if (points.length === 0) return;
      const look = { lineWidth: 1 as const, lineStyle: LineStyle.Dashed, priceLineVisible: false };
      other ??= chart.addSeries(LineSeries, { ...look, title, ...otherColours(palette) });
      other.setData(points.map((point) => ({ time: stamp(point.time), value: point.value })));
      whole.fit();
    },
    setCandles(found) {
      candles?.setData(found.map((candle) => ({ ...candle, time: stamp(candle.time) })));
      whole.fit();
    },
    setMarks(wanted) {
      marks = wanted;
      drawMarks();
    },
    setLevels(levels, base) {
      if (base !== undefined) equity?.applyOptions({ baseValue: { type: "price", price: base } });
      const wanted = new Set(levels.map((level) => level.title));
      for (const [title, line] of lines) {
        if (wanted.has(title)) continue;
        series.removePriceLine(line);
        lines.delete(title);
      }
      for (const level of levels) {
        const look = { price: level.price, color: palette.text, title: level.title };
        const line = lines.get(level.title);
        if (line !== undefined) line.applyOptions(look);
        else {
          const style = { lineWidth: 1 as const, lineStyle: STYLES[level.style] };
          const made = series.createPriceLine({ ...look, ...style, axisLabelVisible: true });
          lines.set(level.title, made);
        }
      }
    },
    remove() {
      recolour.disconnect();
      whole.stop();
      chart.remove();
    },
  };
}
