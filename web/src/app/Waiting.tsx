import type { LiveState } from "../api/live";

/** The page before its first picture: what it waits for, or why there is none. */
export function Waiting({ state }: { readonly state: LiveState }) {
  const { connection, fault, silenceS } = state;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-2 p-4 text-center">
      <h1 className="text-base font-semibold tracking-wider text-amber">QUANTTERMINAL</h1>
      <p role="status" data-testid="connection">
        {connection === "DOWN"
          ? `DOWN: no answer for ${silenceS} s. Is the run still going? Trying again.`
          : "Connecting…"}
      </p>
      {fault !== null && <p className="max-w-prose wrap-anywhere text-bad">{fault}</p>}
    </main>
  );
}
