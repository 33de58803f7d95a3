import { useState } from "react";
import type { Verb } from "../../api/rest";
import { time } from "../../format/time";
import { HoldButton } from "./HoldButton";
import { ResumeDialog } from "./ResumeDialog";
import { useCommand, type Outcome } from "./useCommand";

const BUTTON =
  "h-9 border px-1 font-semibold whitespace-nowrap disabled:cursor-wait disabled:opacity-60";
const NAMES: Record<Verb, string> = { halt: "Pause", resume: "Resume", flatten: "Flatten" };

function sentence(outcome: Exclude<Outcome, { phase: "idle" }>): string {
  const name = NAMES[outcome.verb];
  switch (outcome.phase) {
    case "sending":
      return `${name}: sending…`;
    case "done":
      return `${name}: ${outcome.text}`;
    case "refused":
      return `${name} refused: ${outcome.text}`;
    case "unknown":
      return `${name}: outcome unknown (${outcome.text}). Check the state; repeating is safe.`;
  }
}

const TONES = { sending: "text-dim", done: "text-good", refused: "text-bad", unknown: "text-amber" };

function Acknowledgement({ outcome }: { readonly outcome: Outcome }) {
  if (outcome.phase === "idle") return null;
  return (
    <p className={`wrap-anywhere ${TONES[outcome.phase]}`}>
      {"at" in outcome && <span className="text-dim">{time(outcome.at)} </span>}
      {sentence(outcome)}
    </p>
  );
}

/**
 * Stops and starts trading. The buttons stay usable while the picture is stale: a person must be
 * able to stop what can no longer be seen.
 */
export function Controls() {
  const [halt, sendHalt] = useCommand("halt");
  const [resume, sendResume] = useCommand("resume");
  const [flatten, sendFlatten] = useCommand("flatten");
  const [asking, setAsking] = useState(false);
  return (
    <section aria-label="Trading controls" className="px-2 py-1.5 lg:w-[20rem]">
      <div className="grid grid-cols-[1fr_1.2fr_1.8fr] gap-1.5">
        <button
          type="button"
          title="No new entries; exits are still managed"
          disabled={halt.phase === "sending"}
          onClick={() => sendHalt("Paused from the dashboard")}
          className={`${BUTTON} border-amber text-amber hover:bg-amber hover:text-ground`}
        >
          Pause
        </button>
        <button
          type="button"
          disabled={resume.phase === "sending"}
          onClick={() => setAsking(true)}
          className={`${BUTTON} border-good text-good hover:bg-good hover:text-ground`}
        >
          Resume…
        </button>
        <HoldButton
          disabled={flatten.phase === "sending"}
          onHeld={() => sendFlatten("Flattened from the dashboard")}
          className={`${BUTTON} border-bad text-bad hover:text-white [&.holding]:text-white`}
        >
          Hold to flatten
        </HoldButton>
      </div>
      <div role="status" data-testid="acknowledgement" className="mt-1 text-xs">
        <Acknowledgement outcome={halt} />
        <Acknowledgement outcome={resume} />
        <Acknowledgement outcome={flatten} />
      </div>
      <ResumeDialog
        open={asking}
        onClose={() => setAsking(false)}
        onReason={(reason) => {
          setAsking(false);
          sendResume(reason);
        }}
      />
    </section>
  );
}
