import type { AlertRow } from "../../api/messages";
import { Empty, Panel } from "../../components/Panel";
import { timeOrDay } from "../../format/time";

interface Props {
  readonly alerts: readonly AlertRow[];
  readonly now: string;
  readonly className?: string;
}

/** What somebody would have been called for: halts, drawdown, failed reconciliation. */
export function EventsPanel({ alerts, now, className = "" }: Props) {
  return (
    <Panel title="Alerts" note={`${alerts.length}`} className={className}>
      {alerts.length === 0 ? (
        <Empty>No alerts.</Empty>
      ) : (
        <ol>
          {alerts.map((alert, index) => (
            <li
              key={`${alert.at} ${alert.name} ${index}`}
              className="border-b border-line/60 px-2 py-0.5 wrap-anywhere"
            >
              <span className="text-dim">{timeOrDay(alert.at, now)} </span>
              <span className="text-amber">{alert.name} </span>
              {alert.text}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
