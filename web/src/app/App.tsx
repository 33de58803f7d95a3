import { memo, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { CommandDesk } from "../api/commands";
import type { Curve } from "../api/curve";
import type { Connection, LiveClient, LiveState } from "../api/live";
import type { Dashboard, OrderRow } from "../api/messages";
import { getVisitor } from "../api/rest";
import { signIn } from "../api/signIn";
import { useFetched } from "../components/useFetched";
import { AccountStrip } from "../features/account/AccountStrip";
import { CommandLine } from "../features/command/CommandLine";
import { COMMANDS, type Order } from "../features/command/parse";
import { Controls } from "../features/controls/Controls";
import { EquityPanel, type FillMark } from "../features/equity/EquityPanel";
import { EventsPanel } from "../features/events/EventsPanel";
import { Banners } from "../features/header/Banners";
import { Header } from "../features/header/Header";
import { HealthPanel } from "../features/health/HealthPanel";
import { Help } from "../features/help/Help";
import { OrdersPanel } from "../features/orders/OrdersPanel";
import { PositionsPanel } from "../features/positions/PositionsPanel";
import { ReportsPanel } from "../features/reports/ReportsPanel";
import { RiskPanel } from "../features/risk/RiskPanel";
import { StrategiesPanel } from "../features/strategies/StrategiesPanel";
import { SymbolPanel } from "../features/symbol/SymbolPanel";
import { signedMoney } from "../format/numbers";
import { day } from "../format/time";
import { focusKey, focusPanel, listenToKeys } from "./keys";
import { usePalette } from "./usePalette";
import { Waiting } from "./Waiting";

const VISITOR_AGAIN_MS = 600_000;

interface PanelsProps {
  readonly dashboard: Dashboard;
  readonly connection: Connection;
  readonly curve: Curve;
  readonly desk: CommandDesk;
  readonly mayOperate: boolean;
  readonly symbol: string;
  readonly symbols: readonly string[];
  readonly onSymbol: (symbol: string) => void;
  readonly filter: string;
  readonly onFilter: (text: string) => void;
}

function fillsOf(orders: readonly OrderRow[], today: string): FillMark[] {
  const fills: FillMark[] = [];
  for (const { filled_at, side, symbol } of orders) {
    if (filled_at !== null && day(filled_at) === today) fills.push({ at: filled_at, side, symbol });
  }
  return fills;
}

/** Every panel gets its part of the picture; what did not change keeps its identity. */
function Panels(props: PanelsProps) {
  const { dashboard, connection, curve, desk, mayOperate, symbol, symbols, onSymbol } = props;
  const today = day(dashboard.at);
  const fills = useMemo(() => fillsOf(dashboard.orders, today), [dashboard.orders, today]);
  const quote = dashboard.quotes.find((each) => each.symbol === symbol) ?? null;
  const limit = dashboard.limits.find((each) => each.code === "POSITION_LIMIT")?.limit ?? "";
  const dimmed = connection === "STALE" || connection === "DOWN";
  return (
    <main
      className={`grid min-h-0 flex-1 gap-1 p-1 lg:grid-cols-24 lg:grid-rows-[minmax(0,4.9fr)_minmax(0,4.9fr)_minmax(0,4fr)] [&>*]:min-w-0 ${
        dimmed ? "saturate-50" : ""
      }`}
    >
      <EquityPanel
        curve={curve}
        dayOpen={dashboard.day_open_equity}
        highWaterMark={dashboard.high_water_mark}
        fills={fills}
        className="max-lg:h-64 lg:col-span-9"
      />
      <SymbolPanel
        symbol={symbol}
        symbols={symbols}
        onSymbol={onSymbol}
        quote={quote}
        orders={dashboard.orders}
        barsSeen={dashboard.health.bars_seen}
        className="max-lg:h-96 lg:col-span-9"
      />
      <RiskPanel
        limits={dashboard.limits}
        haltLevel={dashboard.halt_level}
        halts={dashboard.halts}
        buyingPower={dashboard.buying_power}
        reserved={dashboard.reserved}
        className="max-lg:order-first lg:col-span-6"
      />
      <PositionsPanel
        positions={dashboard.positions}
        limit={limit}
        desk={desk}
        mayOperate={mayOperate}
        onSymbol={onSymbol}
        className="max-lg:max-h-96 lg:col-span-12"
      />
      <OrdersPanel
        orders={dashboard.orders}
        today={today}
        desk={desk}
        mayOperate={mayOperate}
        onSymbol={onSymbol}
        filter={props.filter}
        onFilter={props.onFilter}
        className="max-lg:max-h-128 lg:col-span-12"
      />
      <StrategiesPanel
        strategies={dashboard.strategies}
        today={today}
        className="max-lg:max-h-96 lg:col-span-10"
      />
      <HealthPanel
        health={dashboard.health}
        tape={dashboard.tape}
        sessionOpen={dashboard.session_open}
        connection={connection}
        className="lg:col-span-6"
      />
      <EventsPanel
        alerts={dashboard.alerts}
        today={today}
        className="max-lg:max-h-80 lg:col-span-5"
      />
      <ReportsPanel className="max-lg:max-h-80 lg:col-span-3" />
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

/** What can be looked at: the symbols with a quote and those that are held. */
function useSymbols(dashboard: Dashboard | null): readonly string[] {
  const quotes = dashboard?.quotes;
  const positions = dashboard?.positions;
  const text = useMemo(() => {
    const names = [...(quotes ?? []), ...(positions ?? [])].map((each) => each.symbol);
    return [...new Set(names)].sort().join("\n");
  }, [quotes, positions]);
  return useMemo(() => (text === "" ? [] : text.split("\n")), [text]);
}

const Tools = memo(function Tools(props: {
  readonly symbols: readonly string[];
  readonly onOrder: (order: Order) => void;
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}) {
  return (
    <>
      <CommandLine symbols={props.symbols} onOrder={props.onOrder} />
      <button
        type="button"
        onClick={props.onPalette}
        title="Other colours (c)"
        aria-label="Other colours"
        className="field font-semibold hover:bg-raised"
      >
        ◐
      </button>
      <button
        type="button"
        onClick={props.onHelp}
        aria-label="Help"
        className="field font-semibold hover:bg-raised"
      >
        ?
      </button>
      {signIn.isNeeded && (
        <button type="button" onClick={() => signIn.signOut()} className="field hover:bg-raised">
          sign out
        </button>
      )}
    </>
  );
});

/** The whole page: it hands each feature its part of the picture and lays them out. */
export function App({ client }: { readonly client: LiveClient }) {
  const state = useSyncExternalStore(client.subscribe, client.getState);
  const [desk] = useState(() => new CommandDesk());
  const [, turnPalette] = usePalette();
  const [help, setHelp] = useState(false);
  const [chosen, setChosen] = useState("");
  const [filter, setFilter] = useState("");
  const visitor = useFetched(getVisitor, VISITOR_AGAIN_MS);
  useTitle(state);
  useEffect(
    () => listenToKeys({ help: () => setHelp((was) => !was), palette: turnPalette }),
    [turnPalette],
  );
  const { connection, dashboard, silenceS } = state;
  const symbols = useSymbols(dashboard);
  const onOrder = useCallback(
    (order: Order) => {
      switch (order.kind) {
        case "symbol":
          setChosen(order.symbol);
          focusPanel(2);
          return;
        case "filter":
          setFilter(order.text);
          focusPanel(4);
          return;
        case "focus":
          focusKey(order.key);
          return;
        case "panel":
          focusPanel(order.digit);
          return;
        case "palette":
          turnPalette();
          return;
        case "help":
          setHelp(true);
      }
    },
    [turnPalette],
  );
  const openHelp = useCallback(() => setHelp(true), []);
  if (dashboard === null) return <Waiting state={state} />;
  const symbol = symbols.includes(chosen) ? chosen : (symbols[0] ?? "");
  // until the answer is there nobody is kept from stopping: the server decides anyway
  const mayOperate = visitor.state !== "there" || visitor.value.may_operate;
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <Header
        dashboard={dashboard}
        connection={connection}
        silenceS={silenceS}
        tools={
          <Tools
            symbols={symbols}
            onOrder={onOrder}
            onPalette={turnPalette}
            onHelp={openHelp}
          />
        }
      />
      <Banners state={state} />
      <div className="flex flex-col border-b border-line max-lg:flex-col-reverse lg:flex-row">
        <AccountStrip dashboard={dashboard} />
        <Controls desk={desk} dashboard={dashboard} mayOperate={mayOperate} />
      </div>
      <Panels
        dashboard={dashboard}
        connection={connection}
        curve={client.curve}
        desk={desk}
        mayOperate={mayOperate}
        symbol={symbol}
        symbols={symbols}
        onSymbol={setChosen}
        filter={filter}
        onFilter={setFilter}
      />
      <Help open={help} onClose={() => setHelp(false)} commands={COMMANDS} />
    </div>
  );
}
