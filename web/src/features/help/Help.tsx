import { Dialog } from "../../components/Dialog";

const KEYS = [
  ["?", "this page"],
  ["1 … 9", "to the panel of that number"],
  ["/", "command line: a symbol, or a word of the list below"],
  ["j k", "to the next row and the row before, in the panel that has the keyboard"],
  ["x", "on a row: asks whether to cancel the order or close the position"],
  ["c", "colours for eyes that do not tell red from green, and back"],
  ["p", "to the Pause button; Enter presses it"],
  ["Shift+F", "to the Flatten button; hold Space for 1.5 s"],
  ["Esc", "closes what is open"],
] as const;

const WORDS = [
  ["Pause", "no new entries; exits are still managed, resting orders keep their time-outs"],
  ["Resume", "lifts the halt; asks for a reason, which is journaled"],
  ["Cancel all", "every working order is cancelled; positions stay"],
  ["Flatten", "no new entries, every order cancelled, every position closed; hold it for 1.5 s"],
  ["REDUCE ONLY", "only orders that bring a position closer to zero pass"],
  ["HALTED", "nothing but a person's closing orders and cancels pass"],
  ["STALE, DOWN", "nothing heard for 3 s, for 6 s; the page reconnects by itself"],
  ["CODE IN CAPITALS", "an order that our own risk rules denied; it never left"],
  ["Slip bps", "what the fill cost against the price of the decision; + is a loss"],
] as const;

function Terms({ terms }: { readonly terms: readonly (readonly [string, string])[] }) {
  return (
    <dl className="mb-3 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-0.5">
      {terms.map(([term, text]) => (
        <div key={term} className="col-span-2 grid grid-cols-subgrid">
          <dt className="font-semibold">{term}</dt>
          <dd className="text-dim">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly commands: readonly (readonly [string, string])[];
}

export function Help({ open, onClose, commands }: Props) {
  return (
    <Dialog title="Help" open={open} onClose={onClose}>
      {/* first, so that the browser puts the keyboard here and the page at its top */}
      <button
        type="button"
        onClick={onClose}
        className="button absolute top-3 right-3 hover:bg-raised"
      >
        Close
      </button>
      <h3 className="mb-1 text-amber">Keys: none of them trades alone</h3>
      <Terms terms={KEYS} />
      <h3 className="mb-1 text-amber">Command line</h3>
      <Terms terms={commands} />
      <h3 className="mb-1 text-amber">Words</h3>
      <Terms terms={WORDS} />
      <p className="mb-4 text-xs text-dim">
        All times are New York&apos;s. The charts are drawn by Lightweight Charts, copyright ©
        TradingView, Inc., https://www.tradingview.com/
      </p>
    </Dialog>
  );
}
