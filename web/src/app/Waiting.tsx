import type { ReactNode } from "react";
import type { LiveState } from "../api/live";

function Centered({ children }: { readonly children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-2 p-4 text-center">
      <h1 className="text-base font-semibold tracking-wider text-amber">QUANTTERMINAL</h1>
      {children}
    </main>
  );
}

/** The page before its first picture: what it waits for, or why there is none. */
export function Waiting({ state }: { readonly state: LiveState }) {
  const { connection, fault, silenceS } = state;
  return (
    <Centered>
      <p role="status" data-testid="connection">
        {connection === "DOWN"
          ? `DOWN: no answer for ${silenceS} s. Is the run still going? Trying again.`
          : "Connecting…"}
      </p>
      {fault !== null && <p className="max-w-prose wrap-anywhere text-bad">{fault}</p>}
    </Centered>
  );
}

/** Nobody is signed in, and the sign-in says why. */
export function Refused({ problem }: { readonly problem: string }) {
  return (
    <Centered>
      <p role="alert" className="max-w-prose wrap-anywhere text-bad">
        Not signed in: {problem}
      </p>
      <a href="/" className="underline hover:text-amber">
        Try again
      </a>
    </Centered>
  );
}
