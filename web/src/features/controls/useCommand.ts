import { useCallback, useRef, useState } from "react";
import {
  newKey,
  RefusedError,
  sendCommand,
  UnknownOutcomeError,
  type Command,
  type Verb,
} from "../../api/rest";

export type Outcome =
  | { readonly phase: "idle" }
  | { readonly phase: "sending"; readonly verb: Verb }
  | { readonly phase: "done"; readonly verb: Verb; readonly text: string; readonly at: number }
  | { readonly phase: "refused"; readonly verb: Verb; readonly text: string; readonly at: number }
  | { readonly phase: "unknown"; readonly verb: Verb; readonly text: string; readonly at: number };

export const IDLE: Outcome = { phase: "idle" };

/** The outcome of a command. An answer that never came is not a refusal. */
export async function outcomeOf(command: Command): Promise<Outcome> {
  const { verb } = command;
  try {
    return { phase: "done", verb, text: await sendCommand(command), at: Date.now() };
  } catch (error) {
    if (error instanceof RefusedError) {
      return { phase: "refused", verb, text: error.message, at: Date.now() };
    }
    if (error instanceof UnknownOutcomeError) {
      return { phase: "unknown", verb, text: error.message, at: Date.now() };
    }
    throw error;
  }
}

/** After an unknown outcome, the same wish keeps its key, so that the server acts once at most. */
export function commandFor(verb: Verb, reason: string, open: Command | null): Command {
  if (open?.verb === verb && open.reason === reason) return open;
  return { verb, reason, key: newKey() };
}

/** Sends one kind of command, one at a time. Two clicks while it is under way send one. */
export function useCommand(verb: Verb): readonly [Outcome, (reason: string) => void] {
  const [outcome, setOutcome] = useState<Outcome>(IDLE);
  const busy = useRef(false);
  const open = useRef<Command | null>(null);
  const send = useCallback(
    (reason: string) => {
      if (busy.current) return;
      busy.current = true;
      const command = commandFor(verb, reason, open.current);
      open.current = command;
      setOutcome({ phase: "sending", verb });
      void outcomeOf(command).then((result) => {
        busy.current = false;
        if (result.phase !== "unknown") open.current = null;
        setOutcome(result);
      });
    },
    [verb],
  );
  return [outcome, send];
}
