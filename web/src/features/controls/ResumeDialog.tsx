import { useId, useState, type FormEvent } from "react";
import { Dialog } from "../../components/Dialog";

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onReason: (reason: string) => void;
}

const MAX_LENGTH = 200;

function Form({ onClose, onReason }: Omit<Props, "open">) {
  const id = useId();
  const [reason, setReason] = useState("");
  const trimmed = reason.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (trimmed !== "") onReason(trimmed);
  };
  return (
    <form onSubmit={submit}>
      <label htmlFor={id} className="mb-1 block">
        Why may trading go on? It is written to the journal.
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
        <button type="button" onClick={onClose} className="h-9 border border-edge px-3">
          Cancel
        </button>
        <button
          type="submit"
          disabled={trimmed === ""}
          className="h-9 border border-good bg-good px-3 font-semibold text-ground disabled:opacity-50"
        >
          Resume trading
        </button>
      </div>
    </form>
  );
}

/** Re-arming is a decision: it asks for its reason. */
export function ResumeDialog({ open, onClose, onReason }: Props) {
  return (
    <Dialog title="Resume trading" open={open} onClose={onClose}>
      <Form onClose={onClose} onReason={onReason} />
    </Dialog>
  );
}
