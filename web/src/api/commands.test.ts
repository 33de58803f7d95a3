import { afterEach, expect, test, vi } from "vitest";
import { CommandDesk, effectOf, outcomeOf } from "./commands";
import { dashboard, instant, order } from "./samples";

function answers(...statuses: number[]) {
  const fake = vi.fn<typeof fetch>(
    async () => new Response('{"message":"so be it"}', { status: statuses.shift() ?? 200 }),
  );
  vi.stubGlobal("fetch", fake);
  return () =>
    fake.mock.calls.map(([, request]) => (request?.headers as Record<string, string>)["idempotency-key"]);
}

afterEach(() => vi.unstubAllGlobals());

test("the same wish keeps its key while its outcome is open, and gets a new one afterwards", async () => {
  const keys = answers(502, 200, 200);
  const desk = new CommandDesk();
  await desk.send("flatten", "out");
  await desk.send("flatten", "out");
  await desk.send("flatten", "out");
  const [first, second, third] = keys();
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test("a wish about something else has a key of its own", async () => {
  const keys = answers(502, 502);
  const desk = new CommandDesk();
  await desk.send("close", "out", { symbol: "SPY" });
  await desk.send("close", "out", { symbol: "IBM" });
  expect(new Set(keys()).size).toBe(2);
});

test("two clicks while one is under way send one", async () => {
  const keys = answers();
  const desk = new CommandDesk();
  await Promise.all([desk.send("halt", "out"), desk.send("halt", "out")]);
  expect(keys()).toHaveLength(1);
});

test("the newest stands first, and its outcome takes the place of its sending", async () => {
  answers(200, 403);
  const desk = new CommandDesk();
  const seen: string[] = [];
  desk.subscribe(() => seen.push(desk.getSent()[0]?.phase ?? ""));
  await desk.send("halt", "out");
  await desk.send("resume", "fine");
  expect(seen).toEqual(["sending", "done", "sending", "refused"]);
  expect(desk.getSent().map((each) => each.command.verb)).toEqual(["resume", "halt"]);
});

test.each([
  [200, "done"],
  [403, "refused"],
  [502, "unknown"],
])("status %i is %s", async (status, phase) => {
  answers(status);
  const command = { verb: "halt", reason: "out", subject: {}, key: "k" } as const;
  await expect(outcomeOf(command)).resolves.toMatchObject({ command, phase });
});

test("the effect is what the picture shows", () => {
  const held = { quantity: "5", average_price: "1", last: "1", market_value: "5" };
  const rest = { unrealized_pnl: "0", realized_pnl: "0", weight: "0", strategies: [] };
  const picture = {
    ...dashboard(0, "1"),
    halt_level: "REDUCE_ONLY",
    halts: [{ scope: "account", level: "REDUCE_ONLY", code: "X", reason: "", since: instant(0) }],
    orders: [order(1, { status: "new" }), order(2), order(3, { status: "POSITION_LIMIT" })],
    positions: [{ symbol: "SPY", ...held, ...rest }],
  };
  const effect = (verb: Parameters<typeof effectOf>[0]["verb"], subject = {}) =>
    effectOf({ verb, reason: "", subject, key: "" }, picture);
  expect(effect("halt")).toBe("account is REDUCE ONLY");
  expect(effect("resume", { scope: "symbol:SPY" })).toBe("symbol:SPY is ACTIVE");
  expect(effect("flatten")).toBe("1 positions still open");
  expect(effect("cancel-all")).toBe("1 orders still work");
  expect(effect("cancel", { order: "o1" })).toBe("the order is new");
  expect(effect("cancel", { order: "o9" })).toBeNull();
  expect(effect("close", { symbol: "SPY" })).toBe("5 shares held");
  expect(effect("close", { symbol: "IBM" })).toBe("closed");
});
