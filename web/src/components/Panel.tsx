import { useId, type ReactNode } from "react";

interface Props {
  readonly title: string;
  /** The digit that brings the keyboard here. */
  readonly digit?: number;
  /** A short line at the right of the title: counts, legends. */
  readonly note?: ReactNode;
  /** Controls of the panel itself: filters, ranges. */
  readonly tools?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A titled box whose body scrolls by itself; the body is a container for width queries. */
export function Panel({ title, digit, note, tools, className = "", children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={`flex min-h-0 min-w-0 flex-col border border-line bg-panel focus-within:border-edge ${className}`}
    >
      <header className="flex min-h-6 items-center justify-between gap-2 border-b border-line px-2">
        <h2 id={id} className="shrink-0 text-xs font-semibold tracking-wider text-amber uppercase">
          {digit !== undefined && (
            <span aria-hidden="true" className="mr-1.5 text-dim">
              {digit}
            </span>
          )}
          {title}
        </h2>
        {tools !== undefined && <div className="flex min-w-0 flex-1 items-center gap-1">{tools}</div>}
        {note !== undefined && <div className="min-w-0 truncate text-xs text-dim">{note}</div>}
      </header>
      <div
        tabIndex={0}
        role="group"
        aria-label={`${title}, contents`}
        data-panel={digit}
        className="@container min-h-0 flex-1 overflow-auto"
      >
        {children}
      </div>
    </section>
  );
}

/** What a panel says while it has nothing to show. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="px-2 py-3 text-dim">{children}</p>;
}
