import { useId, useState, type FormEvent } from "react";
import { Dialog } from "./Dialog";

interface Quantity {
  /** Whole shares, the most that may be asked for. */
  readonly most: number;
}

interface Props {
  readonly title: string;
  readonly question: string;
  readonly verb: string;
  readonly open: boolean;
  readonly tone?: "good" | "bad";
  /** What the reason says until somebody writes another one. */
  readonly suggestion?: string;
  readonly quantity?: Quantity | undefined;
  readonly onClose: () => void;
  /** `quantity` is null for all of it. */
  readonly onReason: (reason: string, quantity: number | null) => void;
}

const MAX_LENGTH = 200;
const TONES = { good: "border-good bg-good text-ground", bad: "border-bad bg-bad text-ground" };

function Form(props: Omit<Props, "open" | "title">) {
  const { question, verb, tone = "bad", suggestion = "", quantity, onClose, onReason } = props;
  const id = useId();
  const [reason, setReason] = useState(suggestion);
  const [shares, setShares] = useState(String(quantity?.most ?? ""));
  const trimmed = reason.trim();
  const wanted = Number(shares);
  const isWhole = Number.isInteger(wanted) && wanted >= 1 && wanted <= (quantity?.most ?? 0);
  const isReady = trimmed !== "" && (quantity === undefined || isWhole);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    onReason(trimmed, quantity === undefined || wanted === quantity.most ? null : wanted);
  };
  return (
    <form onSubmit={submit}>
      {quantity !== undefined && (
        <p className="mb-3">
          <label htmlFor={`${id}-shares`} className="mb-1 block">
            Shares, of {quantity.most}
          </label>
          <input
            id={`${id}-shares`}
            type="number"
            min={1}
            max={quantity.most}
            step={1}
            value={shares}
            onChange={(event) => setShares(event.target.value)}
            className="w-full border border-edge bg-ground px-2 py-2 text-base text-text"
          />
        </p>
      )}
      <label htmlFor={id} className="mb-1 block">
        {question} It is written to the journal.
      </label>
      <input
        id={id}
        autoFocus
        required
        maxLength={MAX_LENGTH}
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        className="mb-3 w-full border border-edge bg-ground px-2 py-2 text-base text-text"
      />
      <div className="flex justify-end gap-2">
        <button type="button" onClick={onClose} className="button">
          Keep as it is
        </button>
        <button type="submit" disabled={!isReady} className={`button ${TONES[tone]}`}>
          {verb}
        </button>
      </div>
    </form>
  );
}

/** What changes something asks for its reason first. */
export function ReasonDialog({ title, open, ...form }: Props) {
  return (
    <Dialog title={title} open={open} onClose={form.onClose}>
      <Form {...form} />
    </Dialog>
  );
}
