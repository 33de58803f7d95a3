import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { base64Url, challengeOf, SignIn, SignInError, tokensOf } from "./signIn";

const SITE = '{"client_id":"page","host":"sign-in.example"}';
const HOME = "https://page.example";

class Browser {
  readonly stored = new Map<string, string>();
  readonly visited: URL[] = [];
  readonly asked: URLSearchParams[] = [];
  lasts = 900;
  refuses = false;

  open(search = "", file = SITE): SignIn {
    vi.stubGlobal("sessionStorage", {
      getItem: (name: string) => this.stored.get(name) ?? null,
      setItem: (name: string, value: string) => this.stored.set(name, value),
      removeItem: (name: string) => this.stored.delete(name),
    });
    vi.stubGlobal("window", {
      location: { origin: HOME, search, assign: (url: string) => this.visited.push(new URL(url)) },
      history: { replaceState: () => undefined },
    });
    vi.stubGlobal("fetch", async (path: string, request?: RequestInit) => {
      if (path === "/sign-in.json") return new Response(file);
      expect(path).toBe("https://sign-in.example/oauth2/token");
      this.asked.push(request?.body as URLSearchParams);
      if (this.refuses) return new Response("{}", { status: 400 });
      const count = this.asked.length;
      return Response.json({
        access_token: `access-${count}`,
        refresh_token: `refresh-${count}`,
        expires_in: this.lasts,
      });
    });
    return new SignIn();
  }

  get leftWith(): URLSearchParams {
    const url = this.visited.at(-1);
    if (url === undefined) throw new Error("Expected the browser to have left");
    return url.searchParams;
  }

  /** Leaves for the sign-in and comes back with a code. */
  async arrive(): Promise<SignIn> {
    expect(await this.open().begin()).toBe(false);
    const back = this.open(`?code=c1&state=${this.leftWith.get("state")}`);
    expect(await back.begin()).toBe(true);
    return back;
  }
}

let browser: Browser;

beforeEach(() => {
  browser = new Browser();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("the challenge is the one of RFC 7636, appendix B", async () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  expect(await challengeOf(verifier)).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  expect(base64Url(new Uint8Array([251, 255]))).toBe("-_8");
});

test("on one machine nobody signs in", async () => {
  const signIn = browser.open("", "{}");
  expect(await signIn.begin()).toBe(true);
  expect(signIn.isNeeded).toBe(false);
  expect(await signIn.headers()).toEqual({});
});

test("a code is turned into tokens with the proof, and nothing stays behind", async () => {
  const signIn = await browser.arrive();
  const left = browser.leftWith;
  const [asked] = browser.asked;
  expect(left.get("code_challenge_method")).toBe("S256");
  expect(asked?.get("grant_type")).toBe("authorization_code");
  expect(await challengeOf(asked?.get("code_verifier") ?? "")).toBe(left.get("code_challenge"));
  expect(await signIn.headers()).toEqual({ authorization: "Bearer access-1" });
  expect(browser.stored.size).toBe(0);
});

test("a code that this page did not ask for is not used", async () => {
  await browser.open().begin();
  await browser.open("?code=foreign&state=other").begin();
  expect(browser.asked).toEqual([]);
  expect(browser.visited).toHaveLength(2);
});

test("tokens are renewed a minute before they end, by the newest refresh token", async () => {
  vi.useFakeTimers();
  const signIn = await browser.arrive();
  vi.advanceTimersByTime(850_000);
  const [first, second] = await Promise.all([signIn.headers(), signIn.headers()]);
  expect(first).toEqual({ authorization: "Bearer access-2" });
  expect(second).toEqual(first);
  expect(browser.asked.map((each) => each.get("refresh_token"))).toEqual([null, "refresh-1"]);
});

test("who may not renew signs in again", async () => {
  vi.useFakeTimers();
  const signIn = await browser.arrive();
  browser.refuses = true;
  vi.advanceTimersByTime(900_000);
  await signIn.headers();
  expect(browser.visited).toHaveLength(2);
});

test("a refusal is told", async () => {
  const signIn = browser.open("?error=access_denied&error_description=not%20you");
  await expect(signIn.begin()).rejects.toThrow(new SignInError("not you"));
});

test("signing out ends the session at the sign-in, too", async () => {
  const signIn = await browser.arrive();
  signIn.signOut();
  expect(browser.visited.at(-1)?.pathname).toBe("/logout");
  expect(browser.leftWith.get("logout_uri")).toBe(`${HOME}/`);
});

test.each([[null], [{}], [{ access_token: "x" }], [{ access_token: 1, expires_in: 1 }]])(
  "%j is no answer of a sign-in",
  (answer) => {
    expect(() => tokensOf(answer, 0, null)).toThrow(SignInError);
  },
);
