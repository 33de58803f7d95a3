import { useEffect, useSyncExternalStore } from "react";
import type { Curve } from "../api/curve";
import type { LiveClient, LiveState } from "../api/live";
import type { Dashboard } from "../api/messages";
import { AccountStrip } from "../features/account/AccountStrip";
import { Controls } from "../features/controls/Controls";
import { EquityPanel } from "../features/equity/EquityPanel";
import { EventsPanel } from "../features/events/EventsPanel";
import { Banners } from "../features/header/Banners";
import { Header } from "../features/header/Header";
import { HealthPanel } from "../features/health/HealthPanel";
import { Help } from "../features/help/Help";
import { OrdersPanel } from "../features/orders/OrdersPanel";
import { PositionsPanel } from "../features/positions/PositionsPanel";
import { ReportsPanel } from "../features/reports/ReportsPanel";
import { StrategiesPanel } from "../features/strategies/StrategiesPanel";
import { signedMoney } from "../format/numbers";
import { Waiting } from "./Waiting";

interface PanelsProps {
  readonly dashboard: Dashboard;
  readonly curve: Curve;
  readonly dimmed: boolean;
}

function Panels({ dashboard, curve, dimmed }: PanelsProps) {
  const { at } = dashboard;
  return (
    <main
      className={`grid min-h-0 flex-1 gap-1.5 p-1.5 lg:grid-cols-12 lg:grid-rows-[5fr_7fr] [&>*]:min-w-0 ${
        dimmed ? "saturate-50" : ""
      }`}
    >
      <EquityPanel curve={curve} dashboard={dashboard} className="h-64 lg:col-span-6 lg:h-auto" />
      <PositionsPanel positions={dashboard.positions} className="lg:col-span-6" />
      <OrdersPanel
        orders={dashboard.orders}
        now={at}
        className="max-lg:max-h-128 lg:col-span-7"
      />
      <div className="grid min-h-0 gap-1.5 lg:col-span-5 lg:grid-cols-2 lg:grid-rows-[auto_minmax(0,1fr)_minmax(0,auto)]">
        <StrategiesPanel strategies={dashboard.strategies} className="lg:col-span-2" />
        <HealthPanel
          health={dashboard.health}
          sessionOpen={dashboard.session_open}
          className="lg:row-span-2"
        />
        <EventsPanel alerts={dashboard.alerts} now={at} className="max-lg:max-h-80" />
        <ReportsPanel reports={dashboard.reports} className="max-lg:max-h-80 lg:max-h-20 tall:max-h-48" />
      </div>
    </main>
  );
}

function useTitle({ dashboard, connection }: LiveState): void {
  const title =
    dashboard === null
      ? "QuantTerminal"
      : `${connection === "LIVE" ? "" : `${connection} `}${signedMoney(dashboard.day_pnl)} ${dashboard.mode} · QuantTerminal`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** The whole page: it hands each feature its part of the picture and lays them out. */
export function App({ client }: { readonly client: LiveClient }) {
  const state = useSyncExternalStore(client.subscribe, client.getState);
  useTitle(state);
  const { connection, dashboard, silenceS } = state;
  if (dashboard === null) return <Waiting state={state} />;
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <Header dashboard={dashboard} connection={connection} silenceS={silenceS} />
      <Banners state={state} />
      <div className="flex flex-col border-b border-line max-lg:flex-col-reverse lg:flex-row">
        <AccountStrip dashboard={dashboard} />
        <div className="flex items-start">
          <div className="flex-1">
            <Controls />
          </div>
          <div className="py-1.5 pr-2">
            <Help />
          </div>
        </div>
      </div>
      <Panels
        dashboard={dashboard}
        curve={client.curve}
        dimmed={connection === "STALE" || connection === "DOWN"}
      />
    </div>
  );
}
