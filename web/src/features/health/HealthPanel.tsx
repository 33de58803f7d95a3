import { memo, type ReactNode } from "react";
import type { Connection } from "../../api/live";
import type { Health, TapeHealth } from "../../api/messages";
import { Badge } from "../../components/Badge";
import { Panel } from "../../components/Panel";
import { age, counted, latency, NONE } from "../../format/numbers";
import { healthMark, type Mark } from "../../format/status";

/** Older than this, a bar no longer carries a decision: the risk rule STALE_DATA refuses it. */
const MAX_BAR_AGE_S = 90;
/** Without a price for so long; as the alarms have it: a reconcile, an order, a queue. */
const MAX_FEED_LAG_S = 30;
const MAX_RECONCILE_AGE_S = 120;
const MAX_WAIT_S = 5;
const MAX_QUEUE_AGE_S = 30;

interface Props {
  readonly health: Health;
  readonly tape: TapeHealth;
  readonly sessionOpen: boolean;
  readonly connection: Connection;
  readonly className?: string;
}

function Line({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3 border-b border-line/60 px-2 py-px tall:py-0.5">
      <dt className="truncate text-dim">{label}</dt>
      <dd className="text-right whitespace-nowrap">{children}</dd>
    </div>
  );
}

function Warned({ when, text }: { readonly when: boolean; readonly text: string }) {
  const mark: Mark = { glyph: "!", label: text, tone: "warn" };
  return when ? <Badge mark={mark} /> : text;
}

interface AgeProps {
  readonly seconds: number | null;
  readonly most: number;
  readonly matters: boolean;
}

function Age({ seconds, most, matters }: AgeProps) {
  return <Warned when={matters && (seconds ?? 0) > most} text={age(seconds)} />;
}

interface QueuesProps {
  readonly messages: number | null;
  readonly seconds: number | null;
}

/** How many messages wait, and for how long there have been some. */
function Queues({ messages, seconds }: QueuesProps) {
  if (messages === null) return NONE;
  if (messages === 0) return "empty";
  const text = `${counted(messages)} · ${age(seconds)}`;
  return <Warned when={(seconds ?? 0) > MAX_QUEUE_AGE_S} text={text} />;
}

/** How prints and quotes come in, where they are subscribed: the container speaks of them then. */
function TapeLines({ tape }: { readonly tape: TapeHealth }) {
  const quietest = tape.quietest[0];
  const lost = tape.refused + tape.unreadable;
  return (
    <>
      <Line label="Events">{counted(Math.round(tape.events_per_s))}/s</Line>
      <Line label="Tape p99">{latency(tape.lag_p99_ms)}</Line>
      <Line label="Waiting">{counted(tape.waiting)}</Line>
      <Line label="Stored p99">{latency(tape.stored_p99_ms)}</Line>
      <Line label="Thinned">
        <Warned when={tape.thinned > 0} text={counted(tape.thinned)} />
      </Line>
      <Line label="Set aside">
        <Warned when={lost > 0} text={counted(lost)} />
      </Line>
      <Line label="Reconnects">{counted(tape.reconnects)}</Line>
      <Line label="Gaps">
        <Warned when={tape.gaps > 0} text={counted(tape.gaps)} />
      </Line>
      <Line label="On disk">
        <Warned when={tape.spooled_bytes > 0} text={`${counted(tape.spooled_bytes)} B`} />
      </Line>
      <Line label="Quietest">{quietest === undefined ? NONE : quietest.symbol}</Line>
    </>
  );
}

export const HealthPanel = memo(function HealthPanel(props: Props) {
  const { health, tape, sessionOpen, connection, className = "" } = props;
  const waiting = health.waiting_order_age_s;
  return (
    <Panel title="Health" digit={7} className={className}>
      <dl className="grid @[18rem]:grid-cols-2">
        <Line label="Market feed">
          <Badge mark={healthMark(health.feed)} />
        </Line>
        <Line label="Feed lag">
          <Age seconds={health.feed_lag_s} most={MAX_FEED_LAG_S} matters={sessionOpen} />
        </Line>
        <Line label="Broker">
          <Badge mark={healthMark(health.broker_stream)} />
        </Line>
        <Line label="Last bar">
          <Age seconds={health.last_bar_age_s} most={MAX_BAR_AGE_S} matters={sessionOpen} />
        </Line>
        <Line label="Socket">
          <Badge mark={healthMark(connection.toLowerCase())} />
        </Line>
        <Line label="Reconcile">
          <Age
            seconds={health.last_reconcile_age_s}
            most={MAX_RECONCILE_AGE_S}
            matters={sessionOpen}
          />
        </Line>
        <Line label="Queues">
          <Queues messages={health.queued} seconds={health.queue_age_s} />
        </Line>
        <Line label="Order waits">
          {waiting === null ? "none" : <Age seconds={waiting} most={MAX_WAIT_S} matters />}
        </Line>
        <Line label="Order p50">{latency(health.latency_p50_ms)}</Line>
        <Line label="Bars today">{counted(health.bars_seen)}</Line>
        <Line label="Order p99">{latency(health.latency_p99_ms)}</Line>
        <Line label="Quarantined">
          <Warned when={health.bars_quarantined > 0} text={counted(health.bars_quarantined)} />
        </Line>
        {tape.at !== null && <TapeLines tape={tape} />}
      </dl>
    </Panel>
  );
});
