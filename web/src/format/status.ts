/** Words of the server to how they are marked. A mark is a glyph, a word and a tone: never a tone alone. */

export type Tone = "good" | "bad" | "warn" | "info" | "plain" | "dim";

export interface Mark {
  readonly glyph: string;
  readonly label: string;
  readonly tone: Tone;
}

export type OrderGroup = "working" | "filled" | "ended" | "refused" | "unknown";

const WORKING = [
  "pending_submit", "submitting", "accepted", "pending_new", "accepted_for_bidding",
  "pending_review", "held", "new", "calculated", "stopped", "suspended", "partially_filled",
  "done_for_day", "pending_replace", "pending_cancel",
];
const GROUPS = new Map<string, OrderGroup>([
  ...WORKING.map((status) => [status, "working"] as const),
  ["filled", "filled"],
  ["canceled", "ended"],
  ["expired", "ended"],
  ["replaced", "ended"],
  ["abandoned", "ended"],
  ["rejected", "refused"],
  ["denied", "refused"],
]);
const MARKS: Record<OrderGroup, Omit<Mark, "label">> = {
  working: { glyph: "◌", tone: "info" },
  filled: { glyph: "●", tone: "good" },
  ended: { glyph: "○", tone: "dim" },
  refused: { glyph: "×", tone: "bad" },
  unknown: { glyph: "?", tone: "warn" },
};

function spoken(word: string): string {
  return word.replaceAll("_", " ");
}

/** Denial codes come in capitals in the status itself; statuses are the broker's lower-case words. */
export function orderGroup(status: string): OrderGroup {
  if (/^[A-Z][A-Z_]*$/.test(status)) return "refused";
  return GROUPS.get(status) ?? "unknown";
}

export function orderMark(status: string): Mark {
  const mark = MARKS[orderGroup(status)];
  if (status === "partially_filled") return { ...mark, glyph: "◐", label: spoken(status) };
  return { ...mark, label: /^[A-Z]/.test(status) ? status : spoken(status) };
}

/** ACTIVE, REDUCE_ONLY, HALTED; anything else is shown as a warning. */
export function haltMark(level: string): Mark {
  const label = spoken(level);
  if (level === "ACTIVE") return { glyph: "▶", label, tone: "good" };
  if (level === "HALTED") return { glyph: "■", label, tone: "bad" };
  return { glyph: "◢", label, tone: "warn" };
}

const GOOD = /^(ok|up|live|connected|streaming|healthy)$/i;
const BAD = /^(down|lost|dead|stale|failed|disconnected|max_connections|auth_failed)$/i;

/** How a feed or a stream is, in the server's word. */
export function healthMark(word: string): Mark {
  const label = word === "" ? "unknown" : spoken(word);
  if (GOOD.test(word)) return { glyph: "●", label, tone: "good" };
  if (BAD.test(word)) return { glyph: "×", label, tone: "bad" };
  return { glyph: "○", label, tone: "warn" };
}
