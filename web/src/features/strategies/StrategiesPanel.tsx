import type { StrategyRow } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { Badge } from "../../components/Badge";
import { Empty, Panel } from "../../components/Panel";
import { Cell, Head, ROW, Table } from "../../components/Table";
import { counted, NONE, signedMoney } from "../../format/numbers";
import { haltMark } from "../../format/status";

interface Props {
  readonly strategies: readonly StrategyRow[];
  readonly className?: string;
}

export function StrategiesPanel({ strategies, className = "" }: Props) {
  return (
    <Panel title="Strategies" note={`${strategies.length} loaded`} className={className}>
      {strategies.length === 0 ? (
        <Empty>No strategy is configured.</Empty>
      ) : (
        <Table label="Strategies">
          <thead>
            <tr>
              <Head>Name</Head>
              <Head>State</Head>
              <Head right>Day P&L</Head>
              <Head right>Trades</Head>
              <Head className="hidden @md:table-cell">Last signal</Head>
            </tr>
          </thead>
          <tbody>
            {strategies.map((row) => (
              <tr key={row.name} className={ROW}>
                <Cell className="font-semibold wrap-anywhere @md:max-w-[22ch] @md:truncate">{row.name}</Cell>
                <Cell>
                  <Badge mark={haltMark(row.level)} />
                </Cell>
                <Cell right>
                  <Amount value={row.day_pnl} format={signedMoney} />
                </Cell>
                <Cell right>{counted(row.trades)}</Cell>
                <Cell className="hidden w-1/4 max-w-0 truncate text-dim @md:table-cell">
                  <span title={row.last_signal}>{row.last_signal || NONE}</span>
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
