import type { OrderRow, QuoteRow } from "../../api/messages";
import { average, price, quantity } from "../../format/numbers";
import { time } from "../../format/time";

interface Props {
  readonly symbol: string;
  readonly quote: QuoteRow | null;
  readonly working: readonly OrderRow[];
}

/** The spread of a quote in basis points of its middle, empty without one. */
export function spreadBps(quote: QuoteRow | null): string {
  if (quote === null) return "";
  const [bid, ask] = [Number(quote.bid), Number(quote.ask)];
  return bid > 0 && ask > 0 ? (((ask - bid) / ((ask + bid) / 2)) * 10_000).toFixed(1) : "";
}

function Own({ row }: { readonly row: OrderRow }) {
  const isBuy = row.side === "buy";
  return (
    <li className="flex justify-between gap-2 px-2">
      <span className={isBuy ? "text-info" : "text-amber"}>
        {isBuy ? "▲ BUY" : "▼ SELL"} {quantity(row.quantity)}
      </span>
      <span>{price(row.limit_price)}</span>
    </li>
  );
}

function Side({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div className="flex justify-between gap-2 bg-raised px-2 font-semibold">
      <dt>{label}</dt>
      <dd>{value === "" ? "–" : average(value)}</dd>
    </div>
  );
}

/** Best bid and offer with our own orders around them. There is no deeper book, and it says so. */
export function Book({ symbol, quote, working }: Props) {
  const dearest = (a: OrderRow, b: OrderRow) => Number(b.limit_price) - Number(a.limit_price);
  const sells = working.filter((row) => row.side !== "buy").sort(dearest);
  const buys = working.filter((row) => row.side === "buy").sort(dearest);
  return (
    <section
      aria-label={`Book of ${symbol}`}
      className="flex shrink-0 flex-col justify-center-safe border-line py-1 max-[1023px]:border-t @md:w-[12.5rem] @md:border-l"
    >
      <h3 className="px-2 text-xs text-dim">NBBO and own working orders; no level 2</h3>
      <ul aria-label="Own sell orders">
        {sells.map((row) => (
          <Own key={row.client_order_id} row={row} />
        ))}
      </ul>
      <dl className="my-1 grid gap-px">
        <Side label="ASK" value={quote?.ask ?? ""} />
        <div className="flex justify-between px-2 text-xs text-dim">
          <dt>spread</dt>
          <dd>{quote === null ? "no quote yet" : `${spreadBps(quote)} bps · ${time(quote.at)}`}</dd>
        </div>
        <Side label="BID" value={quote?.bid ?? ""} />
      </dl>
      <ul aria-label="Own buy orders">
        {buys.map((row) => (
          <Own key={row.client_order_id} row={row} />
        ))}
      </ul>
      {working.length === 0 && <p className="px-2 text-xs text-dim">No own orders work.</p>}
    </section>
  );
}
