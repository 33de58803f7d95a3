import { useId, type ReactNode } from "react";

interface Props {
  readonly title: string;
  /** A short line at the right of the title: counts, legends. */
  readonly note?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A titled box whose body scrolls by itself; the body is a container for width queries. */
export function Panel({ title, note, className = "", children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={`flex min-h-0 min-w-0 flex-col border border-line bg-panel ${className}`}
    >
      <header className="flex items-baseline justify-between gap-3 border-b border-line px-2 py-1">
        <h2 id={id} className="text-xs font-semibold tracking-wider text-amber uppercase">
          {title}
        </h2>
        {note !== undefined && <div className="truncate text-xs text-dim">{note}</div>}
      </header>
      <div tabIndex={0} className="@container min-h-0 flex-1 overflow-auto">
        {children}
      </div>
    </section>
  );
}

/** What a panel says while it has nothing to show. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="px-2 py-3 text-dim">{children}</p>;
}
