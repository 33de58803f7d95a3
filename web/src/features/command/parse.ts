/** What a line means. Pure; what it leads to is the page's business. */

export type Order =
  | { readonly kind: "symbol"; readonly symbol: string }
  | { readonly kind: "filter"; readonly text: string }
  | { readonly kind: "focus"; readonly key: "pause" | "resume" | "cancel-all" | "flatten" }
  | { readonly kind: "panel"; readonly digit: number }
  | { readonly kind: "palette" }
  | { readonly kind: "help" };

export const COMMANDS: readonly (readonly [string, string])[] = [
  ["SPY", "shows that symbol"],
  ["filter TEXT", "filters the orders; without a text all are shown"],
  ["panel N", "to the panel of that number"],
  ["pause, resume, cancel-all, flatten", "to that button; pressing it is still yours to do"],
  ["palette", "the other colours"],
  ["help", "this page"],
];

const BUTTONS = ["pause", "resume", "cancel-all", "flatten"] as const;

/** Null for a line that means nothing. A symbol is matched by its beginning when that is clear. */
export function commandOf(line: string, symbols: readonly string[]): Order | null {
  const [word = "", ...rest] = line.trim().replace(/^\//, "").split(/\s+/);
  const verb = word.toLowerCase();
  const text = rest.join(" ");
  if (verb === "filter") return { kind: "filter", text };
  if (verb === "panel" && /^[1-9]$/.test(text)) return { kind: "panel", digit: Number(text) };
  if (text !== "" || verb === "") return null;
  if (verb === "palette") return { kind: "palette" };
  if (verb === "help") return { kind: "help" };
  const button = BUTTONS.find((each) => each === verb);
  if (button !== undefined) return { kind: "focus", key: button };
  const exact = symbols.find((each) => each.toLowerCase() === verb);
  if (exact !== undefined) return { kind: "symbol", symbol: exact };
  const near = symbols.filter((each) => each.toLowerCase().startsWith(verb));
  return near.length === 1 && near[0] !== undefined ? { kind: "symbol", symbol: near[0] } : null;
}
