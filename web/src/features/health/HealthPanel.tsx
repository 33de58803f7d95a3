import type { ReactNode } from "react";
import type { Health } from "../../api/messages";
import { Badge } from "../../components/Badge";
import { Panel } from "../../components/Panel";
import { age, counted, latency } from "../../format/numbers";
import { healthMark, type Mark } from "../../format/status";

/** Older than this, a bar no longer carries a decision: the risk rule STALE_DATA refuses it. */
const MAX_BAR_AGE_S = 90;

interface Props {
  readonly health: Health;
  readonly sessionOpen: boolean;
  readonly className?: string;
}

function Line({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3 border-b border-line/60 px-2 py-px tall:py-0.5">
      <dt className="text-dim">{label}</dt>
      <dd className="text-right whitespace-nowrap">{children}</dd>
    </div>
  );
}

function Warned({ when, text }: { readonly when: boolean; readonly text: string }) {
  const mark: Mark = { glyph: "!", label: text, tone: "warn" };
  return when ? <Badge mark={mark} /> : text;
}

export function HealthPanel({ health, sessionOpen, className = "" }: Props) {
  const oldBar = sessionOpen && (health.last_bar_age_s ?? 0) > MAX_BAR_AGE_S;
  return (
    <Panel title="Health" className={className}>
      <dl>
        <Line label="Market feed">
          <Badge mark={healthMark(health.feed)} />
        </Line>
        <Line label="Broker stream">
          <Badge mark={healthMark(health.broker_stream)} />
        </Line>
        <Line label="Last bar">
          <Warned when={oldBar} text={age(health.last_bar_age_s)} />
        </Line>
        <Line label="Last reconcile">{age(health.last_reconcile_age_s)}</Line>
        <Line label="Bars seen">{counted(health.bars_seen)}</Line>
        <Line label="Quarantined">
          <Warned when={health.bars_quarantined > 0} text={counted(health.bars_quarantined)} />
        </Line>
        <Line label="Bar → order p50">{latency(health.latency_p50_ms)}</Line>
        <Line label="Bar → order p99">{latency(health.latency_p99_ms)}</Line>
      </dl>
    </Panel>
  );
}
