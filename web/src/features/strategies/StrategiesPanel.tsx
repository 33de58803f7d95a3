import { memo } from "react";
import type { StrategyRow } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { Badge } from "../../components/Badge";
import { Empty, Panel } from "../../components/Panel";
import { Cell, Head, ROW, Table, Titles } from "../../components/Table";
import { counted, latency, percent, ratio, signedMoney } from "../../format/numbers";
import { haltMark } from "../../format/status";
import { timeOrDay } from "../../format/time";

interface Props {
  readonly strategies: readonly StrategyRow[];
  /** The day of the market, to tell today's signals from older ones. */
  readonly today: string;
  readonly className?: string;
}

const COLUMNS = 7;
const WIDE = "hidden @lg:table-cell";

/** What a narrow panel has no columns for. */
function figures(row: StrategyRow): string {
  const drawdown = `max DD ${percent(row.max_drawdown)}`;
  return `Sharpe ${ratio(row.sharpe)} · ${drawdown} · p99 ${latency(row.latency_p99_ms)}`;
}

function Signal({ row, today }: { readonly row: StrategyRow; readonly today: string }) {
  if (row.last_signal === "" || row.last_signal_at === null) return "no signal yet";
  return (
    <>
      last signal <span className="text-text">{row.last_signal}</span>{" "}
      {timeOrDay(row.last_signal_at, today)}
    </>
  );
}

function Row({ row, today }: { readonly row: StrategyRow; readonly today: string }) {
  return (
    <>
      <tr className={ROW} tabIndex={-1} data-row={row.name}>
        <Cell className="max-w-0 w-full truncate font-semibold">
          <span title={row.name}>{row.name}</span>
        </Cell>
        <Cell right>
          <Amount value={row.day_pnl} format={signedMoney} />
        </Cell>
        <Cell right className={WIDE}>
          {ratio(row.sharpe)}
        </Cell>
        <Cell right>{percent(row.win_rate)}</Cell>
        <Cell right className={WIDE}>
          {percent(row.max_drawdown)}
        </Cell>
        <Cell right>
          <span title={`${counted(row.trades)} round trips, ${counted(row.fills)} filled orders`}>
            {counted(row.trades)}
          </span>
        </Cell>
        <Cell right className={WIDE}>
          {latency(row.latency_p99_ms)}
        </Cell>
      </tr>
      <tr className="text-xs text-dim">
        <td colSpan={COLUMNS} className="px-1.5 wrap-anywhere">
          <Badge mark={haltMark(row.level)} /> · <Signal row={row} today={today} />
          <span className="@lg:hidden"> · {figures(row)}</span>
        </td>
      </tr>
    </>
  );
}

export const StrategiesPanel = memo(function StrategiesPanel(props: Props) {
  const { strategies, today, className = "" } = props;
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
            <Head right>Day P&L</Head>
            <Head right className={WIDE}>
              Sharpe
            </Head>
            <Head right>Win</Head>
            <Head right className={WIDE}>
              Max DD
            </Head>
            <Head right>Trades</Head>
            <Head right className={WIDE}>
              p99
            </Head>
          </Titles>
          <tbody>
            {strategies.map((row) => (
              <Row key={row.name} row={row} today={today} />
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
});
