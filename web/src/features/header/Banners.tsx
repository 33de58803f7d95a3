import type { LiveState } from "../../api/live";
import { time, zone } from "../../format/time";

const AWAY = "border-amber bg-amber text-ground";
const FAULT = "border-bad bg-[#3a1218] text-text";
const HALTED = "border-bad bg-live text-white";
const LIMITED = "border-amber/60 bg-[#33230b] text-amber";

function Banner({ tone, children }: { readonly tone: string; readonly children: React.ReactNode }) {
  return <p className={`border-b px-3 py-1 font-semibold wrap-anywhere ${tone}`}>{children}</p>;
}

/** What a person must know before believing the figures: halts, silence, faults of the server. */
export function Banners({ state }: { readonly state: LiveState }) {
  const { connection, dashboard, fault } = state;
  if (dashboard === null) return null;
  const away = connection === "DOWN" || connection === "STALE";
  return (
    <div role="alert">
      {away && (
        <Banner tone={AWAY}>
          {connection}: these figures are from {time(dashboard.at)} {zone(dashboard.at)} and do not
          move. Reconnecting.
        </Banner>
      )}
      {fault !== null && (
        <Banner tone={FAULT}>
          The last message was not understood and is not shown. {fault}
        </Banner>
      )}
      {dashboard.halts.map((halt) => (
        <Banner
          key={`${halt.scope} ${halt.code}`}
          tone={halt.level === "HALTED" ? HALTED : LIMITED}
        >
          {halt.scope} is {halt.level} since {time(halt.since)}: {halt.code}
          <span className="font-normal text-white"> {halt.reason}</span>
        </Banner>
      ))}
    </div>
  );
}
