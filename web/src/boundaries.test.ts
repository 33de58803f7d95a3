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
  expect(users).toEqual(["./components/drawChart.ts"]);
});

test("one file opens sockets, one calls the API, one signs in", () => {
  const users = (text: string) =>
    Object.keys(FILES).filter((path) => FILES[path]?.includes(text) && !path.endsWith(".test.ts"));
  expect(users("new WebSocket(")).toEqual(["./api/live.ts"]);
  expect(users("await fetch(").sort()).toEqual(["./api/rest.ts", "./api/signIn.ts"]);
  expect(users("/oauth2/")).toEqual(["./api/signIn.ts"]);
});

test("nothing of the page is made of text, and no secret is stored", () => {
  const text = Object.entries(FILES).filter(([path]) => !path.endsWith(".test.ts"));
  const with_ = (word: RegExp) => text.filter(([, file]) => word.test(file)).map(([path]) => path);
  expect(with_(/dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write/)).toEqual([]);
  expect(with_(/localStorage/)).toEqual(["./app/usePalette.ts"]);
  expect(with_(/sessionStorage/)).toEqual(["./api/signIn.ts"]);
});

test("only the format folder makes text of times and numbers", () => {
  const breaches = Object.entries(FILES).filter(
    ([path, text]) => /toLocale|Intl\./.test(text) && folder(path) !== "format" && !path.includes("boundaries"),
  );
  expect(breaches.map(([path]) => path)).toEqual([]);
});
