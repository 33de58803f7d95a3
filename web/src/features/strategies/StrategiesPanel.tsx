import { memo } from "react";
import type { StrategyRow } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { Badge } from "../../components/Badge";
import { Empty, Panel } from "../../components/Panel";
import { Cell, Head, ROW, Table, Titles } from "../../components/Table";
import { counted, latency, NONE, percent, ratio, signedMoney } from "../../format/numbers";
import { haltMark } from "../../format/status";

interface Props {
  readonly strategies: readonly StrategyRow[];
  readonly className?: string;
}

function Row({ row }: { readonly row: StrategyRow }) {
  return (
    <tr className={ROW} tabIndex={-1} data-row={row.name}>
      <Cell className="font-semibold wrap-anywhere @md:max-w-[22ch] @md:truncate">{row.name}</Cell>
      <Cell>
        <Badge mark={haltMark(row.level)} />
      </Cell>
      <Cell right>
        <Amount value={row.day_pnl} format={signedMoney} />
      </Cell>
      <Cell right className="hidden @lg:table-cell">
        {ratio(row.sharpe)}
      </Cell>
      <Cell right className="hidden @md:table-cell">
        {percent(row.win_rate)}
      </Cell>
      <Cell right className="hidden @lg:table-cell">
        {percent(row.max_drawdown)}
      </Cell>
      <Cell right>{counted(row.trades)}</Cell>
      <Cell right className="hidden @2xl:table-cell">
        {latency(row.latency_p99_ms)}
      </Cell>
      <Cell className="hidden w-1/4 max-w-0 truncate text-dim @3xl:table-cell">
        <span title={row.last_signal}>{row.last_signal || NONE}</span>
      </Cell>
    </tr>
  );
}

export const StrategiesPanel = memo(function StrategiesPanel({ strategies, className = "" }: Props) {
  return (
    <Panel
      title="Strategies"
      digit={5}
      note={`${strategies.length} loaded · figures of the day`}
      className={className}
    >
      {strategies.length === 0 ? (
        <Empty>No strategy is configured.</Empty>
      ) : (
        <Table label="Strategies">
          <Titles>
              <Head>Name</Head>
              <Head>State</Head>
              <Head right>Day P&L</Head>
              <Head right className="hidden @lg:table-cell">
                Sharpe
              </Head>
              <Head right className="hidden @md:table-cell">
                Win
              </Head>
              <Head right className="hidden @lg:table-cell">
                Max DD
              </Head>
              <Head right>Fills</Head>
              <Head right className="hidden @2xl:table-cell">
                p99
              </Head>
              <Head className="hidden @3xl:table-cell">Last signal</Head>
          </Titles>
          <tbody>
            {strategies.map((row) => (
              <Row key={row.name} row={row} />
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
});
