import type { Mark, Tone } from "../format/status";

export const TONES: Record<Tone, string> = {
  good: "text-good",
  bad: "text-bad",
  warn: "text-amber",
  info: "text-info",
  plain: "text-text",
  dim: "text-dim",
};

/** A glyph, a word and a tone. */
export function Badge({ mark }: { readonly mark: Mark }) {
  return (
    <span className={`whitespace-nowrap ${TONES[mark.tone]}`}>
      <span aria-hidden="true" className="mr-1 inline-block w-[1ch] text-center">
        {mark.glyph}
      </span>
      {mark.label}
    </span>
  );
}
