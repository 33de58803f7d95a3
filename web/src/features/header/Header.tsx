import type { ReactNode } from "react";
import type { Connection } from "../../api/live";
import type { Dashboard } from "../../api/messages";
import { Badge } from "../../components/Badge";
import { haltMark, type Mark } from "../../format/status";
import { date, time, zone } from "../../format/time";

interface Props {
  readonly dashboard: Dashboard;
  readonly tools: ReactNode;
  readonly connection: Connection;
  readonly silenceS: number;
}

const MODES: Record<string, string> = {
  SIMULATED: "striped bg-[#1f5c94] text-white",
  PAPER: "bg-amber text-ground",
  LIVE: "bg-live text-white",
};

const BARS: Record<string, string> = {
  SIMULATED: "border-t-[#3f8fd6] bg-[#0d1722]",
  PAPER: "border-t-amber bg-[#1c160c]",
  LIVE: "border-t-live bg-[#230d11]",
};

/** Whose money it is. A mode that is not known is shown as if it were real. */
function ModeBadge({ mode }: { readonly mode: string }) {
  return (
    <strong
      data-testid="mode"
      className={`px-4 py-1 text-base leading-6 font-extrabold tracking-[0.25em] ${MODES[mode] ?? MODES["LIVE"]}`}
    >
      {mode}
    </strong>
  );
}

function connectionMark(connection: Connection, silenceS: number): Mark {
  switch (connection) {
    case "LIVE":
      return { glyph: "●", label: "LIVE", tone: "good" };
    case "STALE":
      return { glyph: "◐", label: `STALE ${silenceS} s`, tone: "warn" };
    case "DOWN":
      return { glyph: "×", label: `DOWN ${silenceS} s`, tone: "bad" };
    case "CONNECTING":
      return { glyph: "○", label: "CONNECTING", tone: "dim" };
  }
}

function Session({ open }: { readonly open: boolean }) {
  const mark: Mark = open
    ? { glyph: "●", label: "OPEN", tone: "good" }
    : { glyph: "○", label: "CLOSED", tone: "dim" };
  return <Badge mark={mark} />;
}

export function Header({ dashboard, connection, silenceS, tools }: Props) {
  const { at, mode } = dashboard;
  return (
    <header
      className={`flex flex-wrap items-center gap-x-3 gap-y-0.5 min-[1440px]:gap-x-5 border-t-4 border-b border-b-line pr-3 ${
        BARS[mode] ?? BARS["LIVE"]
      }`}
    >
      <ModeBadge mode={mode} />
      <h1 className="font-semibold tracking-wider text-amber max-[1439px]:sr-only">QUANTTERMINAL</h1>
      <p className="min-w-0 sm:flex-1 max-sm:order-last max-sm:w-full max-sm:px-2 max-sm:pb-1 sm:truncate">
        <span className="text-dim max-xl:sr-only">account </span>
        {dashboard.account}
        <span className="text-dim"> · <span className="max-[1439px]:sr-only">source </span></span>
        {dashboard.source}
        <span className="text-dim"> · <span className="max-[1439px]:sr-only">speed </span></span>
        {dashboard.speed}
      </p>
      <div className="ml-auto flex items-center gap-1.5 max-sm:order-last max-sm:ml-0 max-sm:w-full max-sm:px-2 max-sm:pb-1">
        {tools}
      </div>
      <p className="whitespace-nowrap max-sm:order-last max-sm:w-full max-sm:px-2">
        <span className="text-dim">{date(at)} </span>
        <time dateTime={at} data-testid="clock" className="font-semibold">
          {time(at)}
        </time>
        <span className="text-dim"> {zone(at)} </span>
        <Session open={dashboard.session_open} />
      </p>
      <p className="max-sm:ml-auto">
        <span className="text-dim max-[1439px]:sr-only">trading </span>
        <span data-testid="halt-level" className="font-semibold">
          <Badge mark={haltMark(dashboard.halt_level)} />
        </span>
      </p>
      <p role="status" className="sm:min-w-[12ch]">
        <span className="text-dim max-[1439px]:sr-only">link </span>
        <span data-testid="connection" className="font-semibold">
          <Badge mark={connectionMark(connection, silenceS)} />
        </span>
      </p>
    </header>
  );
}
