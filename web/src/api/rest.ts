/** The one REST client: pictures, and the commands that a person may give. */
import { decodeAnswer } from "./decode";
import type { BarsView, CurveView, Hello, ReportsView, Visitor } from "./messages";
import { signIn } from "./signIn";

const TIMEOUT_MS = 10_000;

export type Verb = "halt" | "resume" | "flatten" | "cancel" | "cancel-all" | "close";
export type Span = "day" | "week" | "month" | "all";

/** What a command is about beside its reason: fields of the request's body. */
export interface Subject {
  /** account, strategy:NAME or symbol:NAME; the account when absent. */
  readonly scope?: string;
  readonly order?: string;
  readonly symbol?: string;
  readonly quantity?: number;
}

/** A person's wish. The key makes its repetition harmless: the server acts on it once. */
export interface Command {
  readonly verb: Verb;
  readonly reason: string;
  readonly subject: Subject;
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

async function get(path: string): Promise<string> {
  const response = await fetch(path, {
    headers: { accept: "application/json", ...(await signIn.headers()) },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`Expected 200 from ${path}, was ${response.status}`);
  return await response.text();
}

export async function getDashboard(): Promise<Hello> {
  return decodeAnswer("Hello", await get("/api/dashboard"));
}

export async function getCurve(span: Span): Promise<CurveView> {
  return decodeAnswer("CurveView", await get(`/api/curve/${span}`));
}

export async function getBars(symbol: string): Promise<BarsView> {
  return decodeAnswer("BarsView", await get(`/api/bars/${encodeURIComponent(symbol)}`));
}

export async function getReports(): Promise<ReportsView> {
  return decodeAnswer("ReportsView", await get("/api/reports"));
}

export async function getVisitor(): Promise<Visitor> {
  return decodeAnswer("Visitor", await get("/api/visitor"));
}

/** A report's own bytes, for where a link alone would come without its sign-in. */
export async function getReport(path: string): Promise<Blob> {
  const type = path.endsWith(".html") ? "text/html" : "application/json";
  return new Blob([await get(path)], { type });
}

/** What the live socket's address must carry: nothing on one machine, a one-time ticket elsewhere. */
export async function getTicket(): Promise<string | null> {
  if (!signIn.isNeeded) return null;
  const response = await fetch("/api/ticket", {
    method: "POST",
    headers: await signIn.headers(),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const ticket = ((await response.json()) as { ticket?: unknown }).ticket;
  if (typeof ticket !== "string") throw new Error(`Expected a ticket, was ${response.status}`);
  return ticket;
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
      headers: {
        "content-type": "application/json",
        "idempotency-key": command.key,
        ...(await signIn.headers()),
      },
      body: JSON.stringify({ reason: command.reason, ...command.subject }),
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
