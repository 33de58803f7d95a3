import { useEffect, useRef } from "react";
import { drawTimeChart, type Painter } from "./drawChart";

interface Props {
  readonly kind: "equity" | "candles";
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  /** Called with the painter once it is there; what it answers is called when it is gone. */
  readonly paint: (painter: Painter) => () => void;
}

/** A chart over time. Points reach it past React: `paint` must keep its identity. */
export function TimeChart({ kind, label, paint }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const chart = drawTimeChart(place.current, kind);
    const stop = paint(chart);
    return () => {
      stop();
      chart.remove();
    };
  }, [kind, paint]);
  return <div ref={place} role="img" aria-label={label} className="h-full min-h-32 w-full" />;
}
