import { afterEach, expect, test, vi } from "vitest";
import { commandFor, outcomeOf } from "./useCommand";

afterEach(() => vi.unstubAllGlobals());

test("the same open wish keeps its key, another one gets its own", () => {
  const first = commandFor("flatten", "out", null);
  expect(commandFor("flatten", "out", first)).toBe(first);
  expect(commandFor("flatten", "for another reason", first).key).not.toBe(first.key);
  expect(commandFor("flatten", "out", null).key).not.toBe(first.key);
});

test.each([
  [200, "done"],
  [403, "refused"],
  [502, "unknown"],
])("status %i is %s", async (status, phase) => {
  vi.stubGlobal("fetch", async () => new Response("{}", { status }));
  const outcome = await outcomeOf(commandFor("halt", "out", null));
  expect(outcome).toMatchObject({ verb: "halt", phase });
});
