import { memo, useState } from "react";
import type { CommandDesk } from "../../api/commands";
import type { PositionRow } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { Empty, Panel } from "../../components/Panel";
import { ReasonDialog } from "../../components/ReasonDialog";
import { Cell, Head, ROW, Table, Titles } from "../../components/Table";
import { average, direction, money, percent, price, quantity, signedMoney } from "../../format/numbers";

interface Props {
  readonly positions: readonly PositionRow[];
  /** The share of equity that one symbol may have, a fraction; empty where it is not known. */
  readonly limit: string;
  readonly desk: CommandDesk;
  readonly mayOperate: boolean;
  readonly onSymbol: (symbol: string) => void;
  readonly className?: string;
}

/** From here on a weight is close to its limit. */
const NEAR = 0.9;
const COLUMNS = 10;

interface RowProps {
  readonly row: PositionRow;
  readonly limit: string;
  readonly mayOperate: boolean;
  readonly onSymbol: (symbol: string) => void;
  readonly onClose: (row: PositionRow) => void;
}

interface WeightProps {
  readonly symbol: string;
  readonly weight: string;
  readonly limit: string;
}

/** The share of equity, and how much of the limit that is: by length, glyph and colour. */
function Weight({ symbol, weight, limit }: WeightProps) {
  const part = limit === "" || weight === "" ? 0 : Number(weight) / Number(limit);
  const of = limit === "" ? "" : ` of ${percent(limit).replace(".00", "")}`;
  const tone = part >= 1 ? "bg-bad" : part >= NEAR ? "bg-amber" : "bg-good";
  return (
    <span className="inline-flex items-center gap-1.5" title={`${percent(weight)}${of}`}>
      {part >= 1 && <span className="text-bad">■</span>}
      {part >= NEAR && part < 1 && <span className="text-amber">!</span>}
      {percent(weight)}
      <span
        role="meter"
        aria-label={`Weight of ${symbol}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(Math.min(part, 1) * 100)}
        aria-valuetext={`${percent(weight)}${of}`}
        className="hidden h-1.5 w-8 border border-edge @lg:block @3xl:w-10"
      >
        <span className={`block h-full ${tone}`} style={{ width: `${Math.min(part, 1) * 100}%` }} />
      </span>
    </span>
  );
}

const Row = memo(function Row({ row, limit, mayOperate, onSymbol, onClose }: RowProps) {
  const isFlat = direction(row.quantity) === "flat";
  return (
    <>
      <tr className={`${ROW} ${isFlat ? "text-dim" : ""}`} tabIndex={-1} data-row={row.symbol}>
        <Cell className="font-semibold wrap-anywhere">
          <button type="button" onClick={() => onSymbol(row.symbol)} className="hover:underline">
            {row.symbol}
          </button>
        </Cell>
        <Cell right className="whitespace-nowrap">
          {direction(row.quantity) === "down" && (
            <span className="mr-1 text-dim @max-3xl:sr-only">short</span>
          )}
          {quantity(row.quantity)}
        </Cell>
        <Cell right className="hidden @md:table-cell">
          {average(row.average_price)}
        </Cell>
        <Cell right>{price(row.last)}</Cell>
        <Cell right className="hidden @xl:table-cell">
          {money(row.market_value)}
        </Cell>
        <Cell right>
          <Amount value={row.unrealized_pnl} format={signedMoney} />
        </Cell>
        <Cell right className="hidden @md:table-cell">
          <Amount value={row.realized_pnl} format={signedMoney} />
        </Cell>
        <Cell right className="hidden whitespace-nowrap @sm:table-cell">
          <Weight symbol={row.symbol} weight={row.weight} limit={limit} />
        </Cell>
        <Cell className="hidden max-w-0 w-1/4 truncate text-dim @3xl:table-cell">{row.strategies.join(", ")}</Cell>
        <Cell right>
          {!isFlat && (
            <button
              type="button"
              disabled={!mayOperate}
              aria-label={`Close ${row.symbol}…`}
              data-close
              onClick={() => onClose(row)}
              className="px-1 text-bad hover:underline disabled:text-dim"
            >
              close…
            </button>
          )}
        </Cell>
      </tr>
      {!isFlat && (
        <tr className="text-xs text-dim @3xl:hidden">
          <td colSpan={COLUMNS} className="px-1.5 wrap-anywhere">
            {row.strategies.join(", ")}
          </td>
        </tr>
      )}
    </>
  );
});

function Columns() {
  return (
    <Titles>
        <Head>Symbol</Head>
        <Head right>Qty</Head>
        <Head right className="hidden @md:table-cell">
          Entry
        </Head>
        <Head right>Last</Head>
        <Head right className="hidden @xl:table-cell">
          Value
        </Head>
        <Head right>Unrealized</Head>
        <Head right className="hidden @md:table-cell">
          Realized
        </Head>
        <Head right className="hidden @sm:table-cell">
          Weight
        </Head>
        <Head className="hidden @3xl:table-cell">Strategies</Head>
        <Head>
          <span className="sr-only">Actions</span>
        </Head>
    </Titles>
  );
}

export const PositionsPanel = memo(function PositionsPanel(props: Props) {
  const { positions, limit, desk, mayOperate, onSymbol, className = "" } = props;
  const [closing, setClosing] = useState<PositionRow | null>(null);
  const open = positions.filter((row) => direction(row.quantity) !== "flat");
  const flat = positions.filter((row) => direction(row.quantity) === "flat");
  const symbol = closing?.symbol ?? "";
  return (
    <Panel
      title="Positions"
      digit={3}
      note={`${open.length} open${flat.length > 0 ? ` · ${flat.length} flat` : ""}`}
      className={className}
    >
      {positions.length === 0 ? (
        <Empty>Flat: no open positions.</Empty>
      ) : (
        <Table label="Positions" dense>
          <Columns />
          <tbody>
            {[...open, ...flat].map((row) => (
              <Row
                key={row.symbol}
                row={row}
                limit={limit}
                mayOperate={mayOperate}
                onSymbol={onSymbol}
                onClose={setClosing}
              />
            ))}
          </tbody>
        </Table>
      )}
      <ReasonDialog
        title={`Close ${symbol}`}
        question={`Why is ${symbol} closed?`}
        verb="Close the position"
        open={closing !== null}
        suggestion="Closed from the dashboard"
        quantity={
          closing === null ? undefined : { most: Math.abs(Math.trunc(Number(closing.quantity))) }
        }
        onClose={() => setClosing(null)}
        onAnswer={({ reason, quantity: shares }) => {
          setClosing(null);
          void desk.send("close", reason, shares === null ? { symbol } : { symbol, quantity: shares });
        }}
      />
    </Panel>
  );
});
