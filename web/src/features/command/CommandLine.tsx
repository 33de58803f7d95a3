import { useState, type FormEvent } from "react";
import { commandOf, type Order } from "./parse";

interface Props {
  readonly symbols: readonly string[];
  readonly onOrder: (order: Order) => void;
}

/** One line for those who do not like mice. It finds and focuses; it never trades. */
export function CommandLine({ symbols, onOrder }: Props) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const order = commandOf(text, symbols);
    if (order === null) {
      setProblem(text.trim() === "" ? "" : `Not known: ${text.trim().slice(0, 20)}`);
      return;
    }
    setText("");
    setProblem("");
    onOrder(order);
  };
  return (
    <form onSubmit={submit} role="search" className="flex items-center gap-2">
      <input
        aria-label="Command line"
        placeholder="/ symbol or command"
        data-key="command"
        autoComplete="off"
        spellCheck={false}
        maxLength={60}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        className="field w-40 uppercase placeholder:text-dim placeholder:normal-case"
      />
      <span role="status" className="max-w-[16ch] truncate text-xs text-amber empty:hidden">
        {problem}
      </span>
    </form>
  );
}
