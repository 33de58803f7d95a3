import type { ReactNode } from "react";

interface HeadProps {
  readonly right?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A column's title; it stays while the rows scroll. */
export function Head({ right = false, className = "", children }: HeadProps) {
  return (
    <th
      scope="col"
      className={`sticky top-0 z-1 bg-panel px-2 py-1 text-xs font-normal whitespace-nowrap text-dim ${
        right ? "text-right" : "text-left"
      } ${className}`}
    >
      {children}
    </th>
  );
}

export function Cell({ right = false, className = "", children }: HeadProps) {
  return (
    <td className={`px-2 py-0.5 align-top ${right ? "text-right" : ""} ${className}`}>{children}</td>
  );
}

/** Rows are given as `<tr className={ROW}>`. */
export const ROW = "[&>td]:border-t [&>td]:border-line/60 hover:bg-raised";

export function Table({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <table aria-label={label} className="w-full border-separate border-spacing-0">
      {children}
    </table>
  );
}
