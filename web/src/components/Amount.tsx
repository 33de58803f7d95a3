import { direction } from "../format/numbers";

interface Props {
  /** The decimal string that decides arrow and colour. */
  readonly value: string;
  readonly format: (value: string) => string;
}

const COLOR = { up: "text-good", down: "text-bad", flat: "text-text" };

/** A gain or a loss, told by sign, arrow and colour. */
export function Amount({ value, format }: Props) {
  const way = direction(value);
  return (
    <span className={`whitespace-nowrap ${COLOR[way]}`}>
      {way !== "flat" && (
        <svg aria-hidden="true" viewBox="0 0 8 8" className="mr-1 inline size-[0.55em] align-baseline">
          <path fill="currentColor" d={way === "up" ? "M4 .5 8 7.5H0Z" : "M4 7.5 0 .5h8Z"} />
        </svg>
      )}
      {format(value)}
    </span>
  );
}
