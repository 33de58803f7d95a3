import { useId, useState, type FormEvent } from "react";
import { Dialog } from "./Dialog";

interface Quantity {
  /** Whole shares, the most that may be asked for. */
  readonly most: number;
}

interface Choice {
  readonly label: string;
  readonly options: readonly string[];
}

/** What was filled in. `quantity` is null for all of it; `choice` is empty where there was none. */
export interface Answer {
  readonly reason: string;
  readonly quantity: number | null;
  readonly choice: string;
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
  readonly choice?: Choice | undefined;
  readonly onClose: () => void;
  readonly onAnswer: (answer: Answer) => void;
}

const MAX_LENGTH = 200;
const TONES = { good: "border-good bg-good text-ground", bad: "border-bad bg-bad text-ground" };

function Form(props: Omit<Props, "open" | "title">) {
  const { question, verb, tone = "bad", suggestion = "", quantity, choice, onClose } = props;
  const id = useId();
  const [reason, setReason] = useState(suggestion);
  const [shares, setShares] = useState(String(quantity?.most ?? ""));
  const [chosen, setChosen] = useState(choice?.options[0] ?? "");
  const trimmed = reason.trim();
  const wanted = Number(shares);
  const isWhole = Number.isInteger(wanted) && wanted >= 1 && wanted <= (quantity?.most ?? 0);
  const isReady = trimmed !== "" && (quantity === undefined || isWhole);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    const isAll = quantity === undefined || wanted === quantity.most;
    props.onAnswer({ reason: trimmed, quantity: isAll ? null : wanted, choice: chosen });
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
      {choice !== undefined && (
        <p className="mb-3">
          <label htmlFor={`${id}-choice`} className="mb-1 block">
            {choice.label}
          </label>
          <select
            id={`${id}-choice`}
            value={chosen}
            onChange={(event) => setChosen(event.target.value)}
            className="w-full border border-edge bg-ground px-2 py-2 text-base text-text"
          >
            {choice.options.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
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
