import type { PositionRow } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { Empty, Panel } from "../../components/Panel";
import { Cell, Head, ROW, Table } from "../../components/Table";
import { average, direction, money, percent, price, quantity, signedMoney } from "../../format/numbers";

interface Props {
  readonly positions: readonly PositionRow[];
  readonly className?: string;
}

function Row({ row }: { readonly row: PositionRow }) {
  return (
    <tr className={ROW}>
      <Cell className="font-semibold wrap-anywhere">{row.symbol}</Cell>
      <Cell right className="whitespace-nowrap">
        <span className="text-dim">{direction(row.quantity) === "down" ? "short" : ""} </span>
        {quantity(row.quantity)}
      </Cell>
      <Cell right className="hidden @md:table-cell">
        {average(row.average_price)}
      </Cell>
      <Cell right>{price(row.last)}</Cell>
      <Cell right className="hidden @sm:table-cell">
        {money(row.market_value)}
      </Cell>
      <Cell right>
        <Amount value={row.unrealized_pnl} format={signedMoney} />
      </Cell>
      <Cell right className="hidden @md:table-cell">
        <Amount value={row.realized_pnl} format={signedMoney} />
      </Cell>
      <Cell right className="hidden @sm:table-cell">
        {percent(row.weight)}
      </Cell>
      <Cell className="hidden text-dim @2xl:table-cell">{row.strategies.join(", ")}</Cell>
    </tr>
  );
}

export function PositionsPanel({ positions, className = "" }: Props) {
  const open = positions.filter((row) => direction(row.quantity) !== "flat");
  return (
    <Panel title="Positions" note={`${open.length} open`} className={className}>
      {positions.length === 0 ? (
        <Empty>Flat: no open positions.</Empty>
      ) : (
        <Table label="Positions">
          <thead>
            <tr>
              <Head>Symbol</Head>
              <Head right>Qty</Head>
              <Head right className="hidden @md:table-cell">
                Avg
              </Head>
              <Head right>Last</Head>
              <Head right className="hidden @sm:table-cell">
                Value
              </Head>
              <Head right>Unrealized</Head>
              <Head right className="hidden @md:table-cell">
                Realized
              </Head>
              <Head right className="hidden @sm:table-cell">
                Weight
              </Head>
              <Head className="hidden @2xl:table-cell">Strategies</Head>
            </tr>
          </thead>
          <tbody>
            {positions.map((row) => (
              <Row key={row.symbol} row={row} />
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
