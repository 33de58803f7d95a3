/** The one REST client: the first picture, and the three commands a person may give. */
import { decodeHello } from "./decode";
import type { Hello } from "./messages";

const TIMEOUT_MS = 10_000;

export type Verb = "halt" | "resume" | "flatten";

/** A person's wish. The key makes its repetition harmless: the server acts on it once. */
export interface Command {
  readonly verb: Verb;
  readonly reason: string;
  readonly key: string;
}

/** The server understood and said no. Repeating the same command will not help. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** Nobody knows whether the command was carried out; it may be repeated with the same key. */
export class UnknownOutcomeError extends Error {
  override readonly name = "UnknownOutcomeError";
}

/** 128 random bits; `crypto.randomUUID` is missing where the page is not served securely. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function getDashboard(): Promise<Hello> {
  const response = await fetch("/api/dashboard", {
    headers: { accept: "application/json" },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`Expected 200 from /api/dashboard, was ${response.status}`);
  return decodeHello(await response.text());
}

/** The server's sentence: `message` of a JSON body, or nothing. */
function sentence(body: string): string | null {
  try {
    const message = (JSON.parse(body) as { message?: unknown } | null)?.message;
    return typeof message === "string" && message !== "" ? message : null;
  } catch {
    return null; // a proxy's page; the status says enough
  }
}

/**
 * Sends a command and answers the server's acknowledgement.
 * Raises RefusedError on 4xx, UnknownOutcomeError on anything that leaves the effect open.
 */
export async function sendCommand(command: Command): Promise<string> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(`/api/${command.verb}`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": command.key },
      body: JSON.stringify({ reason: command.reason }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = await response.text();
  } catch (error) {
    throw new UnknownOutcomeError("no answer", { cause: error });
  }
  if (response.ok) return sentence(body) ?? "accepted";
  const text = sentence(body) ?? `status ${response.status}`;
  if (response.status >= 500) throw new UnknownOutcomeError(text);
  throw new RefusedError(text);
}
