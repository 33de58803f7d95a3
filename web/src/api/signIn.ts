/**
 * Who is signed in. On one machine nobody has to; in the cloud the page goes to Cognito's own sign-in
 * and comes back with a code, which it turns into tokens with a proof that only it has (PKCE).
 *
 * Tokens live in this module's memory alone: never in a store, a URL or a cookie. A reload goes by
 * the sign-in again, which still knows the person.
 */

const VERIFIER = "quantterminal.verifier";
const STATE = "quantterminal.state";
/** Renewed this long before they end, so that no request leaves with an old one. */
const MARGIN_MS = 60_000;

/** `sign-in.json`: empty on one machine. */
interface Place {
  readonly client_id?: string;
  readonly host?: string;
}

interface Tokens {
  readonly access: string;
  readonly refresh: string | null;
  readonly endsAt: number;
}

interface Site {
  readonly clientId: string;
  readonly host: string;
}

/** The sign-in refused, or its answer was not one. */
export class SignInError extends Error {
  override readonly name = "SignInError";
}

export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** S256 of RFC 7636. */
export async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64Url(new Uint8Array(digest));
}

function drawn(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

export function tokensOf(answer: unknown, now: number, before: string | null): Tokens {
  const { access_token, refresh_token, expires_in } = (answer ?? {}) as Record<string, unknown>;
  if (typeof access_token !== "string" || typeof expires_in !== "number") {
    throw new SignInError("Expected tokens from the sign-in, was something else");
  }
  return {
    access: access_token,
    refresh: typeof refresh_token === "string" ? refresh_token : before,
    endsAt: now + expires_in * 1000,
  };
}

export class SignIn {
  private site: Site | null = null;
  private tokens: Tokens | null = null;
  private renewing: Promise<void> | null = null;

  /** Whether the page may go on; false while the browser is on its way to the sign-in. */
  async begin(): Promise<boolean> {
    const answer = await fetch("/sign-in.json", { cache: "no-store" });
    const place = (await answer.json()) as Place;
    if (place.client_id === undefined || place.host === undefined) return true;
    this.site = { clientId: place.client_id, host: place.host };
    const query = new URLSearchParams(window.location.search);
    const code = query.get("code");
    if (query.has("error")) {
      throw new SignInError(query.get("error_description") ?? "The sign-in refused");
    }
    if (code === null) {
      await this.leave();
      return false;
    }
    await this.arrive(code, query.get("state"));
    return true;
  }

  get isNeeded(): boolean {
    return this.site !== null;
  }

  /** What a request must carry. Leaves for the sign-in when it can no longer be renewed. */
  async headers(): Promise<Record<string, string>> {
    if (this.site === null) return {};
    if (this.tokens === null || this.tokens.endsAt - Date.now() < MARGIN_MS) {
      this.renewing ??= this.renew().finally(() => {
        this.renewing = null;
      });
      await this.renewing;
    }
    return { authorization: `Bearer ${this.tokens?.access ?? ""}` };
  }

  signOut(): void {
    if (this.site === null) return;
    this.tokens = null;
    const query = new URLSearchParams({ client_id: this.site.clientId, logout_uri: this.home() });
    window.location.assign(`https://${this.site.host}/logout?${query}`);
  }

  private home(): string {
    return `${window.location.origin}/`;
  }

  private async leave(): Promise<void> {
    const { clientId, host } = this.need();
    const verifier = drawn();
    const state = drawn();
    // Worth nothing without the code that the sign-in gives to this page alone, and gone after it.
    sessionStorage.setItem(VERIFIER, verifier);
    sessionStorage.setItem(STATE, state);
    const query = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: this.home(),
      scope: "openid",
      state,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: "S256",
    });
    window.location.assign(`https://${host}/oauth2/authorize?${query}`);
  }

  private async arrive(code: string, state: string | null): Promise<void> {
    const verifier = sessionStorage.getItem(VERIFIER);
    const expected = sessionStorage.getItem(STATE);
    sessionStorage.removeItem(VERIFIER);
    sessionStorage.removeItem(STATE);
    window.history.replaceState(null, "", "/");
    if (verifier === null || expected === null || state !== expected) {
      // a code that this page did not ask for: somebody else's, or an old address
      await this.leave();
      return;
    }
    await this.ask({ grant_type: "authorization_code", code, code_verifier: verifier });
  }

  private async renew(): Promise<void> {
    const refresh = this.tokens?.refresh ?? null;
    if (refresh !== null) {
      try {
        await this.ask({ grant_type: "refresh_token", refresh_token: refresh });
        return;
      } catch (error) {
        if (!(error instanceof SignInError)) throw error;
      }
    }
    await this.leave();
  }

  private async ask(fields: Record<string, string>): Promise<void> {
    const { clientId, host } = this.need();
    const body = new URLSearchParams({
      ...fields,
      client_id: clientId,
      redirect_uri: this.home(),
    });
    const answer = await fetch(`https://${host}/oauth2/token`, { method: "POST", body });
    if (!answer.ok) throw new SignInError(`Expected tokens from the sign-in, was ${answer.status}`);
    this.tokens = tokensOf(await answer.json(), Date.now(), this.tokens?.refresh ?? null);
  }

  private need(): Site {
    if (this.site === null) throw new SignInError("Expected a sign-in, this page has none");
    return this.site;
  }
}

export const signIn = new SignIn();
