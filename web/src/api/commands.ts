/** What a person has asked for and what became of it. The one place that commands leave from. */
import type { Dashboard } from "./messages";
import {
  newKey,
  RefusedError,
  sendCommand,
  UnknownOutcomeError,
  type Command,
  type Subject,
  type Verb,
} from "./rest";

/** `done` is the server's acknowledgement; the effect is what the picture shows afterwards. */
export type Phase = "sending" | "done" | "refused" | "unknown";

export interface Sent {
  readonly command: Command;
  readonly phase: Phase;
  readonly text: string;
  readonly at: number;
}

const MOST_KEPT = 5;

function isAbout(command: Command, verb: Verb, reason: string, subject: Subject): boolean {
  const same = command.verb === verb && command.reason === reason;
  return same && JSON.stringify(command.subject) === JSON.stringify(subject);
}

export class CommandDesk {
  private sent: readonly Sent[] = [];
  private readonly listeners = new Set<() => void>();

  readonly getSent = (): readonly Sent[] => this.sent;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /**
   * Sends a wish once: a second one like it waits for nothing while the first is under way, and
   * after an unknown outcome the same wish keeps its key, so that the server acts once at most.
   */
  async send(verb: Verb, reason: string, subject: Subject = {}): Promise<void> {
    const like = this.sent.find((each) => isAbout(each.command, verb, reason, subject));
    if (like?.phase === "sending") return;
    const key = like?.phase === "unknown" ? like.command.key : newKey();
    const command: Command = { verb, reason, subject, key };
    this.note({ command, phase: "sending", text: "", at: Date.now() });
    this.note(await outcomeOf(command));
  }

  private note(entry: Sent): void {
    const others = this.sent.filter((each) => each.command.key !== entry.command.key);
    this.sent = [entry, ...others].slice(0, MOST_KEPT);
    for (const listener of this.listeners) listener();
  }
}

/** The outcome of a command. An answer that never came is not a refusal. */
export async function outcomeOf(command: Command): Promise<Sent> {
  try {
    const text = await sendCommand(command);
    return { command, phase: "done", text, at: Date.now() };
  } catch (error) {
    if (error instanceof RefusedError) {
      return { command, phase: "refused", text: error.message, at: Date.now() };
    }
    if (error instanceof UnknownOutcomeError) {
      return { command, phase: "unknown", text: error.message, at: Date.now() };
    }
    throw error;
  }
}

const ENDED = /^(filled|canceled|expired|rejected|replaced|denied|abandoned|[A-Z_]+)$/;

function isOpen(quantity: string): boolean {
  return /[1-9]/.test(quantity);
}

/** What the picture shows of a command's effect, null where there is nothing to look at. */
export function effectOf(command: Command, picture: Dashboard): string | null {
  const working = picture.orders.filter((each) => !ENDED.test(each.status));
  const open = picture.positions.filter((each) => isOpen(each.quantity));
  const { verb, subject } = command;
  switch (verb) {
    case "halt":
    case "resume": {
      const scope = subject.scope ?? "account";
      const halt = picture.halts.find((each) => each.scope === scope);
      return `${scope} is ${(halt?.level ?? "ACTIVE").replaceAll("_", " ")}`;
    }
    case "flatten":
      return open.length === 0 ? "flat" : `${open.length} positions still open`;
    case "cancel-all":
      return working.length === 0 ? "no order works" : `${working.length} orders still work`;
    case "cancel": {
      const row = picture.orders.find((each) => each.client_order_id === subject.order);
      return row === undefined ? null : `the order is ${row.status.replaceAll("_", " ")}`;
    }
    case "close": {
      const row = open.find((each) => each.symbol === subject.symbol);
      return row === undefined ? "closed" : `${row.quantity} shares held`;
    }
  }
}
