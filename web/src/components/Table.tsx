import type { ReactNode } from "react";

interface HeadProps {
  readonly right?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** The titles, which stay while the rows scroll: all together, since each that stays is a layer. */
export function Titles({ children }: { readonly children: ReactNode }) {
  return (
    <thead className="sticky top-0 z-1 bg-panel">
      <tr>{children}</tr>
    </thead>
  );
}

/** A column's title. */
export function Head({ right = false, className = "", children }: HeadProps) {
  return (
    <th
      scope="col"
      className={`px-1.5 py-1 text-xs font-normal whitespace-nowrap text-dim ${
        right ? "text-right" : "text-left"
      } ${className}`}
    >
      {children}
    </th>
  );
}

interface SortHeadProps extends HeadProps {
  readonly sorted: "ascending" | "descending" | "none";
  readonly onSort: () => void;
}

const ARROWS = { ascending: "▴", descending: "▾", none: "" };

/** A title that sorts by its column; the way is told by a glyph and to the ear. */
export function SortHead({ sorted, onSort, right = false, className = "", children }: SortHeadProps) {
  return (
    <th
      scope="col"
      aria-sort={sorted}
      className={`p-0 text-xs font-normal whitespace-nowrap text-dim ${
        right ? "text-right" : "text-left"
      } ${className}`}
    >
      <button type="button" onClick={onSort} className="px-1.5 py-1 hover:text-text">
        {children}
        <span aria-hidden="true"> {ARROWS[sorted]}</span>
      </button>
    </th>
  );
}

export function Cell({ right = false, className = "", children }: HeadProps) {
  return (
    <td
      className={`px-1.5 py-0.5 align-top ${right ? "text-right whitespace-nowrap" : ""} ${className}`}
    >
      {children}
    </td>
  );
}

/** Rows are given as `<tr className={ROW}>`. */
export const ROW = "[&>td]:border-t [&>td]:border-line/60 hover:bg-raised focus:bg-raised focus:outline-2 focus:-outline-offset-2 focus:outline-amber";

interface TableProps {
  readonly label: string;
  /** With so many columns that a narrow panel needs every pixel. */
  readonly dense?: boolean;
  readonly children: ReactNode;
}

const DENSE = "@max-3xl:[&_td]:px-1 @max-3xl:[&_th]:px-1";

export function Table({ label, dense = false, children }: TableProps) {
  return (
    <table
      aria-label={label}
      className={`w-full border-separate border-spacing-0 ${dense ? DENSE : ""}`}
    >
      {children}
    </table>
  );
}
