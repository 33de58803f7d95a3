/** Checks what the server sent before anything is shown: a type alone is forgotten at run time. */
import {
  SHAPES,
  type BarsView,
  type CurveView,
  type Hello,
  type Message,
  type ReportsView,
  type Visitor,
} from "./messages";

type RecordName = keyof typeof SHAPES;

interface Answers {
  readonly Hello: Hello;
  readonly CurveView: CurveView;
  readonly BarsView: BarsView;
  readonly ReportsView: ReportsView;
  readonly Visitor: Visitor;
}

/** A message that is not what the two sides agreed on. Says where, what was expected and found. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

function found(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isRecordName(shape: string): shape is RecordName {
  return Object.hasOwn(SHAPES, shape);
}

function matches(value: unknown, shape: string): boolean {
  if (shape === "Instant") return typeof value === "string" && !Number.isNaN(Date.parse(value));
  if (shape === "number") return Number.isFinite(value);
  return typeof value === shape;
}

function check(value: unknown, shape: string, where: string): void {
  if (shape.endsWith("~")) {
    if (value !== undefined) check(value, shape.slice(0, -1), where);
    return;
  }
  if (shape.endsWith("?")) {
    if (value !== null) check(value, shape.slice(0, -1), where);
    return;
  }
  if (shape.endsWith("[]")) {
    if (!Array.isArray(value)) {
      throw new ProtocolError(`Expected a list at ${where}, was ${found(value)}`);
    }
    value.forEach((item, index) => check(item, shape.slice(0, -2), `${where}[${index}]`));
    return;
  }
  if (isRecordName(shape)) {
    checkRecord(value, shape, where);
    return;
  }
  if (!matches(value, shape)) {
    throw new ProtocolError(`Expected ${shape} at ${where}, was ${found(value)}`);
  }
}

function checkRecord(value: unknown, name: RecordName, where: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError(`Expected ${name} at ${where}, was ${found(value)}`);
  }
  const record = value as Record<string, unknown>;
  for (const [field, shape] of Object.entries(SHAPES[name])) {
    check(record[field], shape, `${where}.${field}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError(`Expected JSON, was ${found(text)}`, { cause: error });
  }
}

/** One message of the live socket. Unknown fields are ignored, missing or wrong ones raise. */
export function decodeMessage(text: string): Message {
  const value = parse(text);
  const type = (value as { type?: unknown } | null)?.type;
  if (type !== "hello" && type !== "tick") {
    throw new ProtocolError(`Expected a message of type hello or tick, was ${found(type)}`);
  }
  check(value, type === "hello" ? "Hello" : "Tick", type);
  return value as Message;
}

/** An answer of the REST API as the record of that name. */
export function decodeAnswer<Name extends keyof Answers>(name: Name, text: string): Answers[Name] {
  const value = parse(text);
  check(value, name, name);
  return value as Answers[Name];
}
