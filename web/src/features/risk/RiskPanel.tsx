import { memo } from "react";
import type { HaltRow, LimitRow } from "../../api/messages";
import { Badge, TONES } from "../../components/Badge";
import { Panel } from "../../components/Panel";
import { money, NONE, percent } from "../../format/numbers";
import { haltMark, type Tone } from "../../format/status";

interface Props {
  readonly limits: readonly LimitRow[];
  readonly haltLevel: string;
  readonly halts: readonly HaltRow[];
  readonly buyingPower: string;
  readonly reserved: string;
  readonly className?: string;
}

const NEAR = 0.8;

function amount(value: string, unit: string): string {
  if (value === "") return NONE;
  if (unit === "fraction") return percent(value).replace(".00%", "%");
  if (unit === "dollars") return money(value);
  return unit === "seconds" ? `${value} s` : value;
}

/** How much of a limit is used, 1 being all of it; null where nobody knows. */
export function share(row: LimitRow): number | null {
  const [used, limit] = [Number(row.used), Number(row.limit)];
  if (row.used === "" || row.limit === "" || !(limit > 0)) return null;
  return Math.max(used / limit, 0);
}

export function headroom(row: LimitRow): string {
  const part = share(row);
  if (part === null) return "unknown";
  const left = Math.max(Number(row.limit) - Number(row.used), 0);
  return part >= 1 ? "reached" : `${amount(String(left), row.unit)} left`;
}

function tone(part: number | null): Tone {
  if (part === null) return "dim";
  return part >= 1 ? "bad" : part >= NEAR ? "warn" : "good";
}

const FILLS: Partial<Record<Tone, string>> = { bad: "bg-bad", warn: "bg-amber", good: "bg-good" };
const GLYPHS: Partial<Record<Tone, string>> = { bad: "■", warn: "!", good: "" };

function Meter({ row }: { readonly row: LimitRow }) {
  const part = share(row);
  const shown = tone(part);
  const name = row.code.replaceAll("_", " ").toLowerCase();
  return (
    <li
      title={`${row.effect}: ${amount(row.used, row.unit)} of ${amount(row.limit, row.unit)}`}
      className="flex items-center gap-2 px-2 text-xs leading-[1.05rem] tall:leading-[1.3rem]"
    >
      <span className="w-[21ch] shrink-0 truncate">
        {name}
        {row.subject !== "" && <span className="text-dim"> {row.subject}</span>}
      </span>
      <div
        role="meter"
        aria-label={`${name}: ${row.effect}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(Math.min(part ?? 0, 1) * 100)}
        aria-valuetext={`${amount(row.used, row.unit)} of ${amount(row.limit, row.unit)}`}
        className="h-1.5 min-w-4 flex-1 border border-edge"
      >
        <div
          className={`h-full ${FILLS[shown] ?? ""}`}
          style={{ width: `${Math.min(part ?? 0, 1) * 100}%` }}
        />
      </div>
      <span className="hidden w-[17ch] text-right whitespace-nowrap @md:inline">
        {amount(row.used, row.unit)}
        <span className="text-dim"> / {amount(row.limit, row.unit)}</span>
      </span>
      <span className={`min-w-[12ch] text-right whitespace-nowrap ${TONES[shown]}`}>
        {GLYPHS[shown]} {headroom(row)}
      </span>
    </li>
  );
}

/** Every limit with what is left of it, and why trading is stopped if it is. */
export const RiskPanel = memo(function RiskPanel(props: Props) {
  const { limits, haltLevel, halts, buyingPower, reserved, className = "" } = props;
  return (
    <Panel title="Risk" digit={6} className={className} note={<Badge mark={haltMark(haltLevel)} />}>
      <dl className="text-xs">
        {halts.map((halt) => (
          <div key={`${halt.scope} ${halt.code}`} className="px-2 wrap-anywhere text-amber">
            <dt className="inline font-semibold">
              {halt.scope} {halt.code}:{" "}
            </dt>
            <dd className="inline">{halt.reason}</dd>
          </div>
        ))}
        <div className="flex justify-between gap-2 border-b border-line/60 px-2 whitespace-nowrap">
          <dt className="text-dim">free</dt>
          <dd className="mr-auto">{money(buyingPower)}</dd>
          <dt className="text-dim">reserved</dt>
          <dd>{money(reserved)}</dd>
        </div>
      </dl>
      <ul>
        {limits.map((row) => (
          <Meter key={row.code} row={row} />
        ))}
      </ul>
    </Panel>
  );
});
