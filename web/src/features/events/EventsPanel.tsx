import { memo, useMemo, useState } from "react";
import type { AlertRow } from "../../api/messages";
import { Empty, Panel } from "../../components/Panel";
import { counted } from "../../format/numbers";
import { timeOrDay } from "../../format/time";

const MOST_SHOWN = 200;

interface Props {
  readonly alerts: readonly AlertRow[];
  /** The day of the market, to tell today's events from older ones. */
  readonly today: string;
  readonly className?: string;
}

const GLYPHS: Record<string, readonly [string, string]> = {
  halt: ["■", "text-bad"],
  "order.problem": ["!", "text-amber"],
  unreadable: ["!", "text-amber"],
  operator: ["▸", "text-info"],
  rearmed: ["▶", "text-good"],
};

function Entry({ alert, today }: { readonly alert: AlertRow; readonly today: string }) {
  const [glyph, tone] = GLYPHS[alert.name] ?? ["·", "text-dim"];
  return (
    <li
      title={alert.text}
      className="border-b border-line/60 px-2 py-0.5 wrap-anywhere"
    >
      <p className="line-clamp-3">
        <span className="text-dim">{timeOrDay(alert.at, today)} </span>
        <span className={tone}>
          <span aria-hidden="true">{glyph} </span>
          {alert.name}{" "}
        </span>
        {alert.text}
      </p>
    </li>
  );
}

/** The log of what a person may want to know: halts, commands and who gave them, problems. */
export const EventsPanel = memo(function EventsPanel({ alerts, today, className = "" }: Props) {
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toLowerCase();
  const shown = useMemo(
    () =>
      wanted === ""
        ? alerts
        : alerts.filter((each) => `${each.name} ${each.text}`.toLowerCase().includes(wanted)),
    [alerts, wanted],
  );
  return (
    <Panel
      title="Events"
      digit={8}
      className={className}
      tools={
        <input
          aria-label="Filter events"
          placeholder="filter"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className="field w-full max-w-40 placeholder:text-dim"
        />
      }
      note={counted(shown.length)}
    >
      {shown.length === 0 ? (
        <Empty>{alerts.length === 0 ? "Nothing has happened yet." : "No event is like that."}</Empty>
      ) : (
        <ol>
          {shown.slice(0, MOST_SHOWN).map((alert) => (
            <Entry key={alert.seq} alert={alert} today={today} />
          ))}
        </ol>
      )}
    </Panel>
  );
});
