import { memo, useCallback, useEffect, useRef, useState } from "react";
import type { Curve } from "../../api/curve";
import type { EquityPoint, Marker } from "../../api/messages";
import { getCurve, type Span } from "../../api/rest";
import type { Level, Mark, Painter, Point } from "../../components/drawChart";
import { Panel } from "../../components/Panel";
import { TimeChart } from "../../components/TimeChart";
import { useFetched } from "../../components/useFetched";
import { money } from "../../format/numbers";

const SPANS: readonly (readonly [Span, string])[] = [
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
  ["all", "All"],
];
const AGAIN_MS = 60_000;
/** More fills than this on one curve are not told apart any more. */
const MOST_FILLS = 60;
const FILL_SIZE = 0.5;
const NO_MARKERS: readonly Marker[] = [];
const NO_POINTS: readonly EquityPoint[] = [];

export interface FillMark {
  readonly at: string;
  readonly side: string;
  readonly symbol: string;
}

interface Props {
  readonly curve: Curve;
  readonly dayOpen: string;
  readonly highWaterMark: string;
  readonly fills: readonly FillMark[];
  readonly className?: string;
}

const seconds = (at: string): number => Math.floor(Date.parse(at) / 1000);

function toPoints(points: readonly EquityPoint[]): Point[] {
  return points.map((point) => ({ time: seconds(point.at), value: Number(point.equity) }));
}

/** Halts, starts and deploys; a deploy with the beginning of its version. */
export function eventMarks(markers: readonly Marker[]): Mark[] {
  return markers.map((marker) => {
    const version = marker.text.split(" ").at(-1) ?? "";
    return {
      time: seconds(marker.at),
      text: marker.kind === "deploy" ? `deploy ${version.slice(0, 7)}` : marker.kind,
      kind: marker.kind === "halt" ? "alarm" : "note",
    };
  });
}

/** One arrow a minute and side: a burst of fills is one event to the eye. */
export function fillMarks(fills: readonly FillMark[]): Mark[] {
  const byMinute = new Map<string, Mark>();
  for (const fill of fills) {
    const time = Math.floor(seconds(fill.at) / 60) * 60;
    const kind = fill.side === "buy" ? "buy" : "sell";
    byMinute.set(`${time} ${kind}`, { time, text: "", kind, size: FILL_SIZE });
  }
  return [...byMinute.values()].sort((a, b) => a.time - b.time).slice(-MOST_FILLS);
}

function Spans({ span, onSpan }: { readonly span: Span; readonly onSpan: (span: Span) => void }) {
  return (
    <div role="group" aria-label="Range" className="flex">
      {SPANS.map(([each, label]) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === span}
          onClick={() => onSpan(each)}
          className="px-1.5 text-xs text-dim hover:text-text aria-pressed:bg-raised aria-pressed:font-semibold aria-pressed:text-text aria-pressed:underline"
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/**
 * Equity with unrealized P&L. The day's points come with the ticks and go to the chart past React;
 * longer spans are asked for.
 */
export const EquityPanel = memo(function EquityPanel(props: Props) {
  const { curve, dayOpen, highWaterMark, fills, className = "" } = props;
  const [span, setSpan] = useState<Span>("day");
  const fetched = useFetched(
    useCallback(() => getCurve(span), [span]),
    AGAIN_MS,
  );
  const view = fetched.state === "there" ? fetched.value : null;
  const painter = useRef<Painter>(null);
  const markers = view?.markers ?? NO_MARKERS;
  const tested = view?.backtest ?? NO_POINTS;
  const paint = useCallback(
    (chart: Painter) => {
      painter.current = chart;
      if (span !== "day") return () => undefined;
      return curve.subscribe({
        reset: (points) => chart.setPoints(points),
        append: (point) => chart.append(point),
      });
    },
    [curve, span],
  );
  useEffect(() => {
    if (span !== "day" && view !== null) painter.current?.setPoints(toPoints(view.points));
  }, [span, view]);
  useEffect(() => {
    const marks = [...eventMarks(markers), ...(span === "day" ? fillMarks(fills) : [])];
    painter.current?.setMarks(marks.sort((a, b) => a.time - b.time));
  }, [span, markers, fills]);
  useEffect(() => painter.current?.setOther("backtest", toPoints(tested)), [span, tested]);
  const previous = view?.previous_close ?? "";
  useEffect(() => {
    const levels: Level[] = [
      { title: "high-water mark", price: Number(highWaterMark), style: "dotted" },
    ];
    if (span === "day") levels.push({ title: "day open", price: Number(dayOpen), style: "dashed" });
    if (previous !== "" && previous !== dayOpen) {
      levels.push({ title: "previous close", price: Number(previous), style: "dashed" });
    }
    const first = span === "day" ? dayOpen : previous;
    painter.current?.setLevels(levels, first === "" ? undefined : Number(first));
  }, [span, dayOpen, highWaterMark, previous]);
  return (
    <Panel
      title="Equity"
      digit={1}
      className={className}
      tools={<Spans span={span} onSpan={setSpan} />}
      note={
        <>
          {fetched.state === "failed" && <span className="text-amber">! no answer · </span>}
          {tested.length > 0 && (
            <span data-testid="backtest" className="text-info max-xl:sr-only">
              ╌ backtest ·{" "}
            </span>
          )}
          chart by{" "}
          <a
            href="https://www.tradingview.com/"
            target="_blank"
            rel="noopener noreferrer"
            className="underline hover:text-text"
          >
            TradingView
          </a>
        </>
      }
    >
      <TimeChart
        kind="equity"
        label={`Equity over the ${span}, high-water mark ${money(highWaterMark)}`}
        paint={paint}
      />
    </Panel>
  );
});
