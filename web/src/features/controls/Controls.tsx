import { useState, useSyncExternalStore } from "react";
import { effectOf, type CommandDesk, type Sent } from "../../api/commands";
import type { Dashboard } from "../../api/messages";
import type { Verb } from "../../api/rest";
import { ReasonDialog } from "../../components/ReasonDialog";
import { time } from "../../format/time";
import { HoldButton } from "./HoldButton";

const NAMES: Record<Verb, string> = {
  halt: "Pause",
  resume: "Resume",
  flatten: "Flatten",
  cancel: "Cancel",
  "cancel-all": "Cancel all",
  close: "Close",
};
const TONES = { sending: "text-dim", done: "text-good", refused: "text-bad", unknown: "text-amber" };
const GLYPHS = { sending: "◌", done: "✓", refused: "×", unknown: "?" };
const SHOWN = 2;

function sentence({ command, phase, text }: Sent): string {
  const name = NAMES[command.verb];
  switch (phase) {
    case "sending":
      return `${name}: sending…`;
    case "done":
      return `${name}: ${text}`;
    case "refused":
      return `${name} refused: ${text}`;
    case "unknown":
      return `${name}: outcome unknown (${text}). Check the state; repeating is safe.`;
  }
}

function Acknowledgement({ sent, dashboard }: { readonly sent: Sent; readonly dashboard: Dashboard }) {
  const effect = sent.phase === "done" ? effectOf(sent.command, dashboard) : null;
  return (
    <p className="truncate" title={sentence(sent)}>
      <span className="text-dim">{time(sent.at)} </span>
      <span className={TONES[sent.phase]}>
        <span aria-hidden="true">{GLYPHS[sent.phase]} </span>
        {sentence(sent)}
      </span>
      {effect !== null && <span data-testid="effect"> → {effect}</span>}
    </p>
  );
}

interface Props {
  readonly desk: CommandDesk;
  readonly dashboard: Dashboard;
  readonly mayOperate: boolean;
}

type Asking = "resume" | "cancel-all" | null;

/**
 * Stops and starts trading. The buttons stay usable while the picture is stale: a person must be
 * able to stop what can no longer be seen.
 */
export function Controls({ desk, dashboard, mayOperate }: Props) {
  const sent = useSyncExternalStore(desk.subscribe, desk.getSent);
  const [asking, setAsking] = useState<Asking>(null);
  const isSending = (verb: Verb) =>
    sent.some((each) => each.command.verb === verb && each.phase === "sending");
  // the account first: it holds back all the others
  const scopes = dashboard.halts.map((each) => each.scope).sort();
  const off = (verb: Verb) => !mayOperate || isSending(verb);
  return (
    <section aria-label="Trading controls" className="px-2 py-1 lg:w-[26rem]">
      <div className="grid grid-cols-2 gap-1.5 sm:grid-cols-[1fr_1.2fr_1.4fr_1.8fr]">
        <button
          type="button"
          title="No new entries; exits are still managed (p)"
          data-key="pause"
          disabled={off("halt")}
          onClick={() => void desk.send("halt", "Paused from the dashboard")}
          className="button border-amber text-amber enabled:hover:bg-amber enabled:hover:text-ground"
        >
          Pause
        </button>
        <button
          type="button"
          data-key="resume"
          disabled={off("resume")}
          onClick={() => setAsking("resume")}
          className="button border-good text-good enabled:hover:bg-good enabled:hover:text-ground"
        >
          Resume…
        </button>
        <button
          type="button"
          title="Every working order is cancelled; positions stay"
          data-key="cancel-all"
          disabled={off("cancel-all")}
          onClick={() => setAsking("cancel-all")}
          className="button border-amber text-amber enabled:hover:bg-amber enabled:hover:text-ground"
        >
          Cancel all…
        </button>
        <HoldButton
          disabled={off("flatten")}
          onHeld={() => void desk.send("flatten", "Flattened from the dashboard")}
          className="button border-bad text-bad enabled:hover:text-white [&.holding]:text-white"
        >
          Hold to flatten
        </HoldButton>
      </div>
      <div role="status" data-testid="acknowledgement" className="mt-0.5 h-8 text-xs">
        {!mayOperate && <p className="text-dim">Looking only: an operator may press these.</p>}
        {sent.slice(0, SHOWN).map((each) => (
          <Acknowledgement key={each.command.key} sent={each} dashboard={dashboard} />
        ))}
      </div>
      <ReasonDialog
        title="Resume trading"
        question="Why may trading go on?"
        verb="Resume trading"
        tone="good"
        choice={scopes.length > 1 ? { label: "What may trade again?", options: scopes } : undefined}
        open={asking === "resume"}
        onClose={() => setAsking(null)}
        onAnswer={({ reason, choice }) => {
          setAsking(null);
          const scope = choice === "" ? scopes[0] : choice;
          void desk.send("resume", reason, scope === undefined ? {} : { scope });
        }}
      />
      <ReasonDialog
        title="Cancel all working orders"
        question="Why are they cancelled?"
        verb="Cancel all orders"
        suggestion="Cancelled from the dashboard"
        open={asking === "cancel-all"}
        onClose={() => setAsking(null)}
        onAnswer={({ reason }) => {
          setAsking(null);
          void desk.send("cancel-all", reason);
        }}
      />
    </section>
  );
}
