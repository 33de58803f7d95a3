/** The keyboard: where each key leads. No key trades; at most it brings a button or a question. */

export interface KeyActions {
  help(): void;
  palette(): void;
}

export function focusKey(key: string): void {
  document.querySelector<HTMLElement>(`[data-key="${key}"]`)?.focus();
}

export function focusPanel(digit: number): void {
  const panel = document.querySelector<HTMLElement>(`[data-panel="${digit}"]`);
  panel?.focus();
  panel?.scrollIntoView({ block: "nearest" });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

/** The rows of the panel that has the keyboard, of the orders where none has. */
function rows(): HTMLElement[] {
  const panel =
    document.activeElement?.closest<HTMLElement>("[data-panel]") ??
    document.querySelector<HTMLElement>('[data-panel="4"]');
  return panel === null ? [] : [...panel.querySelectorAll<HTMLElement>("[data-row]")];
}

function step(by: 1 | -1): void {
  const all = rows();
  const now = document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
  const at = now === null ? -1 : all.indexOf(now);
  const next = all[at === -1 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** Presses what asks, not what does: the dialog of the row. */
function askAboutRow(): void {
  const row = document.activeElement?.closest<HTMLElement>("[data-row]");
  row?.querySelector<HTMLElement>("[data-cancel], [data-close]")?.click();
}

/** Whether the key was one of ours. */
function act(event: KeyboardEvent, actions: KeyActions): boolean {
  if (/^[1-9]$/.test(event.key)) {
    focusPanel(Number(event.key));
    return true;
  }
  switch (event.key) {
    case "?":
      actions.help();
      return true;
    case "/":
      focusKey("command");
      return true;
    case "j":
      step(1);
      return true;
    case "k":
      step(-1);
      return true;
    case "x":
      askAboutRow();
      return true;
    case "c":
      actions.palette();
      return true;
    case "p":
      focusKey("pause");
      return true;
    case "F":
      focusKey("flatten");
      return true;
    default:
      return false;
  }
}

/** Listens until what it answers is called. */
export function listenToKeys(actions: KeyActions): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isAsking = document.querySelector("dialog[open]") !== null;
    if (isAsking && event.key !== "?") return;
    if (act(event, actions)) event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
