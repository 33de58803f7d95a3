import { memo, useMemo, useState } from "react";
import type { CommandDesk } from "../../api/commands";
import type { OrderRow } from "../../api/messages";
import { Badge } from "../../components/Badge";
import { Empty, Panel } from "../../components/Panel";
import { ReasonDialog } from "../../components/ReasonDialog";
import { Cell, ROW, SortHead, Table, Titles } from "../../components/Table";
import { average, bps, counted, price, quantity } from "../../format/numbers";
import { orderGroup, orderMark, type OrderGroup } from "../../format/status";
import { timeOrDay } from "../../format/time";
import { chosen, csv, sorted, turned, type Column, type Sorting } from "./list";

const STEP = 60;
const GROUPS: readonly (readonly [OrderGroup | "all", string])[] = [
  ["all", "all"],
  ["working", "working"],
  ["filled", "filled"],
  ["ended", "ended"],
  ["refused", "refused"],
  ["unknown", "unknown"],
];

interface Props {
  readonly orders: readonly OrderRow[];
  /** The day of the market, to tell today's orders from older ones. */
  readonly today: string;
  readonly desk: CommandDesk;
  readonly mayOperate: boolean;
  readonly onSymbol: (symbol: string) => void;
  /** The text that orders are filtered by. */
  readonly filter: string;
  readonly onFilter: (text: string) => void;
  readonly className?: string;
}

interface RowProps {
  readonly row: OrderRow;
  readonly today: string;
  readonly mayOperate: boolean;
  readonly onSymbol: (symbol: string) => void;
  readonly onCancel: (row: OrderRow) => void;
}

/** A tick keeps the rows that did not change, and those are not drawn again. */
const Row = memo(function Row({ row, today, mayOperate, onSymbol, onCancel }: RowProps) {
  return (
    <tr className={ROW} tabIndex={-1} data-row={row.client_order_id} data-order={row.client_order_id}>
      <Cell className="whitespace-nowrap text-dim">{timeOrDay(row.at, today)}</Cell>
      <Cell className="hidden max-w-[14ch] truncate @3xl:table-cell">
        <span title={row.strategy}>{row.strategy}</span>
      </Cell>
      <Cell className="font-semibold wrap-anywhere">
        <button type="button" onClick={() => onSymbol(row.symbol)} className="hover:underline">
          {row.symbol}
        </button>
      </Cell>
      <Cell className={`whitespace-nowrap ${row.side === "buy" ? "text-info" : "text-amber"}`}>
        {row.side === "buy" ? "▲" : "▼"} {row.side.toUpperCase()}
      </Cell>
      <Cell right className="whitespace-nowrap">
        <span className="hidden @sm:inline">{quantity(row.filled_quantity)}/</span>
        {quantity(row.quantity)}
      </Cell>
      <Cell right className="hidden @md:table-cell">
        {price(row.limit_price)}
      </Cell>
      <Cell right className="hidden @xl:table-cell">
        <span title={row.filled_at === null ? undefined : `filled ${timeOrDay(row.filled_at, today)}`}>
          {average(row.average_price)}
        </span>
      </Cell>
      <Cell right className="hidden @lg:table-cell">
        {bps(row.slippage_bps)}
      </Cell>
      <Cell className="min-w-[13ch]">
        <span className="flex flex-wrap gap-x-2 whitespace-nowrap @3xl:flex-nowrap">
          <Badge mark={orderMark(row.status)} />
          {orderGroup(row.status) === "working" && (
            <button
              type="button"
              disabled={!mayOperate}
              aria-label={`Cancel the ${row.side} order of ${row.symbol}…`}
              data-cancel
              onClick={() => onCancel(row)}
              className="text-bad hover:underline disabled:text-dim"
            >
              cancel…
            </button>
          )}
        </span>
        {row.reason !== "" && (
          <span title={row.reason} className="line-clamp-1 text-xs wrap-anywhere text-dim @3xl:hidden">
            {row.reason}
          </span>
        )}
      </Cell>
      <Cell className="hidden w-1/4 max-w-0 truncate text-dim @3xl:table-cell">
        <span title={row.reason}>{row.reason}</span>
      </Cell>
    </tr>
  );
});

interface ColumnsProps {
  readonly sorting: Sorting;
  readonly onSort: (by: Column) => void;
}

function Columns({ sorting, onSort }: ColumnsProps) {
  const head = (by: Column) => ({
    sorted: sorting.by === by ? (sorting.down ? "descending" : "ascending") : "none",
    onSort: () => onSort(by),
  }) as const;
  return (
    <Titles>
        <SortHead {...head("at")}>Time</SortHead>
        <SortHead {...head("strategy")} className="hidden @3xl:table-cell">
          Strategy
        </SortHead>
        <SortHead {...head("symbol")}>Symbol</SortHead>
        <SortHead {...head("side")}>Side</SortHead>
        <SortHead {...head("quantity")} right>
          Qty
        </SortHead>
        <SortHead {...head("limit_price")} right className="hidden @md:table-cell">
          Limit
        </SortHead>
        <SortHead {...head("average_price")} right className="hidden @xl:table-cell">
          Fill
        </SortHead>
        <SortHead {...head("slippage_bps")} right className="hidden @lg:table-cell">
          Slip bps
        </SortHead>
        <SortHead {...head("status")}>Status</SortHead>
        <th scope="col" className="hidden text-left text-xs font-normal text-dim @3xl:table-cell">
          <span className="px-2">Reason</span>
        </th>
    </Titles>
  );
}

function download(rows: readonly OrderRow[], name: string): void {
  const address = URL.createObjectURL(new Blob([csv(rows)], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Orders, fills and denials with what they cost and why they ended. */
export const OrdersPanel = memo(function OrdersPanel(props: Props) {
  const { orders, today, desk, mayOperate, onSymbol, filter, onFilter, className = "" } = props;
  const [group, setGroup] = useState<OrderGroup | "all">("all");
  const [sorting, setSorting] = useState<Sorting>({ by: "at", down: true });
  const [most, setMost] = useState(STEP);
  const [cancelling, setCancelling] = useState<OrderRow | null>(null);
  const rows = useMemo(
    () => sorted(chosen(orders, group === "all" ? null : group, filter), sorting),
    [orders, group, filter, sorting],
  );
  const shown = rows.slice(0, most);
  const working = useMemo(
    () => orders.filter((row) => orderGroup(row.status) === "working").length,
    [orders],
  );
  const tools = (
    <>
      <input
        aria-label="Filter orders"
        placeholder="filter"
        value={filter}
        onChange={(event) => onFilter(event.target.value)}
        className="field w-24 placeholder:text-dim"
      />
      <select
        aria-label="Kind of orders"
        value={group}
        onChange={(event) => setGroup(event.target.value as OrderGroup | "all")}
        className="field"
      >
        {GROUPS.map(([each, label]) => (
          <option key={each} value={each}>
            {label}
          </option>
        ))}
      </select>
      <button
        type="button"
        onClick={() => download(rows, `orders ${today}.csv`)}
        className="px-1 text-xs text-dim underline hover:text-text"
      >
        CSV
      </button>
    </>
  );
  return (
    <Panel
      title="Orders"
      digit={4}
      tools={tools}
      note={`${counted(working)} working · ${counted(rows.length)} of ${counted(orders.length)}`}
      className={className}
    >
      {rows.length === 0 ? (
        <Empty>{orders.length === 0 ? "No orders yet." : "No order is like that."}</Empty>
      ) : (
        <Table label="Orders">
          <Columns sorting={sorting} onSort={(by) => setSorting((was) => turned(was, by))} />
          <tbody>
            {shown.map((row) => (
              <Row
                key={row.client_order_id}
                row={row}
                today={today}
                mayOperate={mayOperate}
                onSymbol={onSymbol}
                onCancel={setCancelling}
              />
            ))}
          </tbody>
        </Table>
      )}
      {shown.length < rows.length && (
        <button
          type="button"
          onClick={() => setMost((was) => was + STEP)}
          className="w-full border-t border-line px-2 py-1 text-left text-amber hover:bg-raised"
        >
          Show {counted(Math.min(STEP, rows.length - shown.length))} more of {counted(rows.length)}
        </button>
      )}
      <ReasonDialog
        title={`Cancel ${cancelling?.side ?? ""} ${cancelling?.quantity ?? ""} ${cancelling?.symbol ?? ""}`}
        question="Why is it cancelled?"
        verb="Cancel the order"
        open={cancelling !== null}
        suggestion="Cancelled from the dashboard"
        onClose={() => setCancelling(null)}
        onAnswer={({ reason }) => {
          if (cancelling !== null) {
            void desk.send("cancel", reason, { order: cancelling.client_order_id });
          }
          setCancelling(null);
        }}
      />
    </Panel>
  );
});
