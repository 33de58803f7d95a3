import { memo, useCallback, useEffect, useMemo, useRef } from "react";
import type { BarRow, OrderRow, QuoteRow } from "../../api/messages";
import { getBars } from "../../api/rest";
import type { Candle, Level, Mark, Painter } from "../../components/drawChart";
import { Empty, Panel } from "../../components/Panel";
import { TimeChart } from "../../components/TimeChart";
import { useFetched } from "../../components/useFetched";
import { orderGroup } from "../../format/status";
import { Book } from "./Book";

const AGAIN_MS = 5_000;
/** More marks than this and their texts lie on each other. */
const MOST_TEXTS = 12;
const MOST_MARKS = 80;

interface Props {
  readonly symbol: string;
  readonly symbols: readonly string[];
  readonly onSymbol: (symbol: string) => void;
  readonly quote: QuoteRow | null;
  /** All orders of the account; those of the symbol are drawn. */
  readonly orders: readonly OrderRow[];
  /** How many bars the system has seen: new ones are asked for when it has grown. */
  readonly barsSeen: number;
  readonly className?: string;
}

const seconds = (at: string): number => Math.floor(Date.parse(at) / 1000);

function candle(bar: BarRow): Candle {
  return { time: seconds(bar.at), open: bar.open, high: bar.high, low: bar.low, close: bar.close };
}

/** Our fills at the minute of their bar. */
export function orderMarks(orders: readonly OrderRow[], symbol: string, first: number): Mark[] {
  const marks: Mark[] = [];
  for (const order of orders) {
    if (order.symbol !== symbol || order.filled_at === null) continue;
    const time = Math.floor(seconds(order.filled_at) / 60) * 60;
    if (time < first) continue;
    const kind = order.side === "buy" ? "buy" : "sell";
    marks.push({ time, text: order.filled_quantity, kind });
  }
  const newest = marks.sort((a, b) => a.time - b.time).slice(-MOST_MARKS);
  return newest.length <= MOST_TEXTS ? newest : newest.map((mark) => ({ ...mark, text: "" }));
}

/** The bars before where those that came are the same: a chart is drawn anew for nothing else. */
function useSame(came: readonly BarRow[] | null): readonly BarRow[] | null {
  const kept = useRef(came);
  const name = (bars: readonly BarRow[] | null) => JSON.stringify([bars?.[0], bars?.at(-1)]);
  if (kept.current !== came && name(kept.current) !== name(came)) kept.current = came;
  return kept.current;
}

function Choice({ symbol, symbols, onSymbol }: Pick<Props, "symbol" | "symbols" | "onSymbol">) {
  return (
    <select
      aria-label="Symbol"
      value={symbol}
      onChange={(event) => onSymbol(event.target.value)}
      className="field font-semibold"
    >
      {symbols.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  );
}

/** One symbol: its minute bars with our orders on them, and the book as far as it is known. */
export const SymbolPanel = memo(function SymbolPanel(props: Props) {
  const { symbol, quote, orders, barsSeen, className = "" } = props;
  const fetched = useFetched(
    useCallback(() => getBars(symbol), [symbol]),
    AGAIN_MS,
    barsSeen,
  );
  const bars = useSame(fetched.state === "there" ? fetched.value.bars : null);
  const working = useMemo(
    () =>
      orders.filter((each) => each.symbol === symbol && orderGroup(each.status) === "working"),
    [orders, symbol],
  );
  const painter = useRef<Painter>(null);
  const paint = useCallback((chart: Painter) => {
    painter.current = chart;
    return () => undefined;
  }, []);
  useEffect(() => painter.current?.setCandles((bars ?? []).map(candle)), [bars]);
  useEffect(() => {
    const first = bars?.[0];
    painter.current?.setMarks(
      first === undefined ? [] : orderMarks(orders, symbol, seconds(first.at)),
    );
  }, [bars, orders, symbol]);
  useEffect(() => {
    const levels = working.map(
      (each): Level => ({
        title: `${each.side} ${each.quantity}`,
        price: Number(each.limit_price),
        style: "dashed",
      }),
    );
    painter.current?.setLevels(levels);
  }, [working]);
  const isEmpty = bars !== null && bars.length === 0;
  return (
    <Panel
      title="Symbol"
      digit={2}
      className={className}
      tools={<Choice {...props} />}
      note={fetched.state === "failed" ? "no bars: no answer" : "minute bars, ▲ bought ▼ sold"}
    >
      <div className="flex h-full flex-col @md:flex-row">
        <div className="min-h-32 min-w-0 flex-1">
          {isEmpty && <Empty>No bars of {symbol} yet.</Empty>}
          <TimeChart kind="candles" label={`Minute bars of ${symbol}`} paint={paint} />
        </div>
        <Book symbol={symbol} quote={quote} working={working} />
      </div>
    </Panel>
  );
});
