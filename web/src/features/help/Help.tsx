import { useEffect, useState } from "react";
import { Dialog } from "../../components/Dialog";

const KEYS = [
  ["?", "this page"],
  ["Esc", "close what is open"],
  ["Tab", "from control to control; no single key trades"],
  ["Space held", "on Flatten, for 1.5 s: the same as holding it with the pointer"],
] as const;

const WORDS = [
  ["Pause", "no new entries; exits are still managed, resting orders keep their time-outs"],
  ["Resume", "lifts the halt; asks for a reason, which is journaled"],
  ["Flatten", "closes every position; hold it for 1.5 s"],
  ["REDUCE ONLY", "only orders that bring a position closer to zero pass"],
  ["HALTED", "nothing but a person's flatten and cancels pass"],
  ["STALE, DOWN", "nothing heard for 3 s, for 6 s; the page reconnects by itself"],
  ["CODE IN CAPITALS", "an order that our own risk rules denied; it never left"],
] as const;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

function Terms({ terms }: { readonly terms: readonly (readonly [string, string])[] }) {
  return (
    <dl className="mb-4 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1">
      {terms.map(([term, text]) => (
        <div key={term} className="col-span-2 grid grid-cols-subgrid">
          <dt className="font-semibold">{term}</dt>
          <dd className="text-dim">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The help page and its button. `?` opens and closes it. */
export function Help() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "?" && !isTyping(event.target)) setOpen((was) => !was);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        aria-label="Help"
        onClick={() => setOpen(true)}
        className="size-9 border border-edge font-semibold hover:bg-raised"
      >
        ?
      </button>
      <Dialog title="Help" open={open} onClose={() => setOpen(false)}>
        <Terms terms={KEYS} />
        <Terms terms={WORDS} />
        <p className="mb-4 text-xs text-dim">
          All times are New York&apos;s. The equity chart is drawn by Lightweight Charts, copyright ©
          TradingView, Inc., https://www.tradingview.com/
        </p>
        <button
          type="button"
          onClick={() => setOpen(false)}
          className="h-9 border border-edge px-3 hover:bg-raised"
        >
          Close
        </button>
      </Dialog>
    </>
  );
}
