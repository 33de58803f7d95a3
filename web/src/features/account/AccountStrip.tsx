import type { ReactNode } from "react";
import type { Dashboard } from "../../api/messages";
import { Amount } from "../../components/Amount";
import { money, percent, signedMoney, signedPercent, wholeMoney } from "../../format/numbers";

interface FigureProps {
  readonly label: string;
  readonly testId: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

function Figure({ label, testId, note, children }: FigureProps) {
  return (
    <div className="min-w-0 border-r border-line px-2 py-1 max-lg:border-b">
      <dt className="truncate text-xs text-dim">{label}</dt>
      <dd data-testid={testId} className="text-lg leading-6 font-semibold whitespace-nowrap">
        {children}
      </dd>
      {note !== undefined && (
        <dd data-testid={`${testId}-note`} className="truncate text-xs text-dim">
          {note}
        </dd>
      )}
    </div>
  );
}

/** The account in six figures. */
export function AccountStrip({ dashboard }: { readonly dashboard: Dashboard }) {
  return (
    <section aria-label="Account" className="flex-1">
      <dl className="grid h-full grid-cols-2 sm:grid-cols-3 lg:grid-cols-6">
        <Figure label="Equity" testId="equity" note={`open ${money(dashboard.day_open_equity)}`}>
          {money(dashboard.equity)}
        </Figure>
        <Figure
          label="Day P&L"
          testId="day-pnl"
          note={<Amount value={dashboard.day_pnl_fraction} format={signedPercent} />}
        >
          <Amount value={dashboard.day_pnl} format={signedMoney} />
        </Figure>
        <Figure
          label="Unrealized"
          testId="unrealized"
          note={
            <>
              realized <Amount value={dashboard.realized_pnl} format={signedMoney} />
            </>
          }
        >
          <Amount value={dashboard.unrealized_pnl} format={signedMoney} />
        </Figure>
        <Figure
          label="Buying power"
          testId="buying-power"
          note={`reserved ${money(dashboard.reserved)}`}
        >
          {money(dashboard.buying_power)}
        </Figure>
        <Figure
          label="Cash"
          testId="cash"
          note={
            <span title={`net ${money(dashboard.net)}`}>
              gross {wholeMoney(dashboard.gross)}
              <span className="lg:max-[1439px]:sr-only"> net {wholeMoney(dashboard.net)}</span>
            </span>
          }
        >
          {money(dashboard.cash)}
        </Figure>
        <Figure
          label="Drawdown"
          testId="drawdown"
          note={`from ${money(dashboard.high_water_mark)}`}
        >
          {percent(dashboard.drawdown_fraction)}
        </Figure>
      </dl>
    </section>
  );
}
