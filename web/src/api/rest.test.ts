import { afterEach, expect, test, vi } from "vitest";
import { getDashboard, newKey, RefusedError, sendCommand, UnknownOutcomeError } from "./rest";
import { hello } from "./samples";

const COMMAND = { verb: "halt", reason: "a reason", subject: {}, key: "k1" } as const;

function answer(body: string, status = 200) {
  const fake = vi.fn<typeof fetch>(async () => new Response(body, { status }));
  vi.stubGlobal("fetch", fake);
  return fake;
}

afterEach(() => vi.unstubAllGlobals());

test("a command carries its reason and its key", async () => {
  const fake = answer('{"message":"halted as REDUCE_ONLY"}', 202);
  await expect(sendCommand(COMMAND)).resolves.toBe("halted as REDUCE_ONLY");
  const [path, request] = fake.mock.calls[0] ?? [];
  expect(path).toBe("/api/halt");
  expect(request).toMatchObject({
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "k1" },
    body: '{"reason":"a reason"}',
  });
});

test("a command says what it is about", async () => {
  const fake = answer("{}");
  await sendCommand({ ...COMMAND, verb: "close", subject: { symbol: "SPY", quantity: 5 } });
  const [path, request] = fake.mock.calls[0] ?? [];
  expect(path).toBe("/api/close");
  expect(request?.body).toBe('{"reason":"a reason","symbol":"SPY","quantity":5}');
});

test.each([["{}"], ["<html>"], ["null"], ['{"message":5}']])(
  "an answer %s without a sentence is still an acknowledgement",
  async (body) => {
    answer(body);
    await expect(sendCommand(COMMAND)).resolves.toBe("accepted");
  },
);

test("4xx is a refusal", async () => {
  answer('{"message":"already halted"}', 409);
  await expect(sendCommand(COMMAND)).rejects.toThrow(new RefusedError("already halted"));
});

test("5xx and no answer leave the outcome open", async () => {
  answer("", 503);
  await expect(sendCommand(COMMAND)).rejects.toThrow(new UnknownOutcomeError("status 503"));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("connection refused")));
  await expect(sendCommand(COMMAND)).rejects.toThrow(new UnknownOutcomeError("no answer"));
});

test("keys are 128 bits and differ", () => {
  const keys = Array.from({ length: 100 }, newKey);
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

test("the picture is checked", async () => {
  answer(JSON.stringify(hello(1, 0, "100")));
  await expect(getDashboard()).resolves.toMatchObject({ sequence: 1 });
  answer("{}", 500);
  await expect(getDashboard()).rejects.toThrow("was 500");
});
