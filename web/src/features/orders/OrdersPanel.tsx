import { memo, useState } from "react";
import type { OrderRow } from "../../api/messages";
import { Badge } from "../../components/Badge";
import { Empty, Panel } from "../../components/Panel";
import { Cell, Head, ROW, Table } from "../../components/Table";
import { average, counted, price, quantity } from "../../format/numbers";
import { orderGroup, orderMark, type OrderGroup } from "../../format/status";
import { timeOrDay } from "../../format/time";

const FIRST_ROWS = 100;

interface Props {
  readonly orders: readonly OrderRow[];
  /** Market time, to tell today's orders from older ones. */
  readonly now: string;
  readonly className?: string;
}

function sameOrder(a: OrderRow, b: OrderRow): boolean {
  const keys = Object.keys(b) as (keyof OrderRow)[];
  return keys.every((key) => a[key] === b[key]);
}

interface RowProps {
  readonly row: OrderRow;
  readonly at: string;
}

/** Each tick brings every order anew; only those that changed are drawn again. */
const Row = memo(
  function Row({ row, at }: RowProps) {
    return (
      <tr className={ROW} data-order={row.client_order_id}>
        <Cell className="whitespace-nowrap text-dim">{at}</Cell>
        <Cell className="hidden max-w-[20ch] truncate @3xl:table-cell">{row.strategy}</Cell>
        <Cell className="font-semibold wrap-anywhere">{row.symbol}</Cell>
        <Cell className={row.side === "buy" ? "text-info" : "text-amber"}>
          {row.side.toUpperCase()}
        </Cell>
        <Cell right className="whitespace-nowrap">
          <span className="hidden @sm:inline">{quantity(row.filled_quantity)}/</span>
          {quantity(row.quantity)}
        </Cell>
        <Cell right className="hidden @md:table-cell">
          {price(row.limit_price)}
        </Cell>
        <Cell right className="hidden @xl:table-cell">
          {average(row.average_price)}
        </Cell>
        <Cell className="min-w-[16ch]">
          <Badge mark={orderMark(row.status)} />
          {row.reason !== "" && (
            <span className="block text-xs wrap-anywhere text-dim @2xl:hidden">{row.reason}</span>
          )}
        </Cell>
        <Cell className="hidden w-1/3 wrap-anywhere text-dim @2xl:table-cell">{row.reason}</Cell>
      </tr>
    );
  },
  (before, after) => before.at === after.at && sameOrder(before.row, after.row),
);

function summary(orders: readonly OrderRow[]): string {
  const counts: Record<OrderGroup, number> = {
    working: 0,
    filled: 0,
    ended: 0,
    refused: 0,
    unknown: 0,
  };
  for (const row of orders) counts[orderGroup(row.status)] += 1;
  const parts = [
    `${counted(counts.working)} working`,
    `${counted(counts.filled)} filled`,
    `${counted(counts.ended)} ended`,
    `${counted(counts.refused)} refused`,
  ];
  if (counts.unknown > 0) parts.push(`${counted(counts.unknown)} unknown`);
  return parts.join(" · ");
}

function Titles() {
  return (
    <thead>
      <tr>
        <Head>Time</Head>
        <Head className="hidden @3xl:table-cell">Strategy</Head>
        <Head>Symbol</Head>
        <Head>Side</Head>
        <Head right>
          <span className="hidden @sm:inline">Filled/</span>Qty
        </Head>
        <Head right className="hidden @md:table-cell">
          Limit
        </Head>
        <Head right className="hidden @xl:table-cell">
          Avg
        </Head>
        <Head>Status</Head>
        <Head className="hidden @2xl:table-cell">Reason</Head>
      </tr>
    </thead>
  );
}

export function OrdersPanel({ orders, now, className = "" }: Props) {
  const [all, setAll] = useState(false);
  const shown = all ? orders : orders.slice(0, FIRST_ROWS);
  return (
    <Panel title="Orders" note={summary(orders)} className={className}>
      {orders.length === 0 ? (
        <Empty>No orders yet.</Empty>
      ) : (
        <Table label="Orders, newest first">
          <Titles />
          <tbody>
            {shown.map((row) => (
              <Row key={row.client_order_id} row={row} at={timeOrDay(row.at, now)} />
            ))}
          </tbody>
        </Table>
      )}
      {shown.length < orders.length && (
        <button
          type="button"
          onClick={() => setAll(true)}
          className="w-full border-t border-line px-2 py-1 text-left text-amber hover:bg-raised"
        >
          Show all {counted(orders.length)} orders
        </button>
      )}
    </Panel>
  );
}
