import { useEffect, useRef } from "react";
import type { Curve } from "../../api/curve";
import type { Dashboard } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { Panel } from "../../components/Panel";
import { money, signedMoney } from "../../format/numbers";
import { drawEquity, type EquityChart } from "./chart";

interface Props {
  readonly curve: Curve;
  readonly dashboard: Dashboard;
  readonly className?: string;
}

/** Equity with unrealized P&L over the day. Points reach the chart past React. */
export function EquityPanel({ curve, dashboard, className = "" }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EquityChart>(null);
  const dayOpen = Number(dashboard.day_open_equity);
  const highWaterMark = Number(dashboard.high_water_mark);
  useEffect(() => {
    if (place.current === null) return;
    const drawn = drawEquity(place.current, curve);
    chart.current = drawn;
    return () => drawn.remove();
  }, [curve]);
  useEffect(() => chart.current?.setLevels({ dayOpen, highWaterMark }), [dayOpen, highWaterMark]);
  const text = `Equity ${money(dashboard.equity)}, day P&L ${signedMoney(dashboard.day_pnl)}`;
  return (
    <Panel
      title="Equity"
      className={className}
      note={
        <>
          <Amount value={dashboard.day_pnl} format={signedMoney} /> · chart by{" "}
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
      <div ref={place} role="img" aria-label={text} className="h-full min-h-40 w-full" />
    </Panel>
  );
}
