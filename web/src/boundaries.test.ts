/** Who may import whom: app, then features (never each other), components, api, format. */
import { expect, test } from "vitest";

const FILES = import.meta.glob<string>("./**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

const ALLOWED: Record<string, readonly string[]> = {
  format: [],
  api: [],
  components: ["format"],
  features: ["api", "components", "format"],
  app: ["api", "components", "features", "format"],
};

/** The folder of `./features/orders/Row.tsx` is `features/orders`, of `./api/live.ts` it is `api`. */
function folder(path: string): string {
  const parts = path.replace(/^\.\//, "").split("/").slice(0, -1);
  return parts.slice(0, parts[0] === "features" ? 2 : 1).join("/");
}

function* imports(): Generator<[string, string, string]> {
  for (const [path, text] of Object.entries(FILES)) {
    for (const [, target = ""] of text.matchAll(/from "(\.[^"]+)"/g)) {
      const resolved = new URL(target, `file:///${path.slice(2)}`).pathname.slice(1);
      yield [path, folder(path), folder(resolved)];
    }
  }
}

test("imports follow the layers", () => {
  const breaches: string[] = [];
  for (const [path, from, to] of imports()) {
    const layer = from.split("/")[0] ?? "";
    const allowed = ALLOWED[layer];
    if (from === to || allowed === undefined) continue;
    if (!allowed.includes(to.split("/")[0] ?? "")) breaches.push(`${path} imports ${to}`);
  }
  expect(breaches).toEqual([]);
});

test("the chart library stands behind one file", () => {
  const users = Object.keys(FILES).filter((path) => FILES[path]?.includes('from "lightweight-charts"'));
  expect(users).toEqual(["./features/equity/chart.ts"]);
});

test("only the format folder makes text of times and numbers", () => {
  const breaches = Object.entries(FILES).filter(
    ([path, text]) => /toLocale|Intl\./.test(text) && folder(path) !== "format" && !path.includes("boundaries"),
  );
  expect(breaches.map(([path]) => path)).toEqual([]);
});
