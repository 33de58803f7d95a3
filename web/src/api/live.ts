/**
 * The one client of the live socket: hello, then a tick each second, and what happens without them.
 *
 * LIVE while messages come; STALE when the socket is lost or 3 s pass in silence; DOWN after 6 s of
 * silence. A lost or silent socket is replaced after a jittered back-off that grows until ticks
 * flow again; one that the server has ended in good order (its sign-in has ended, say) at once and
 * without a word. A gap in the sequence fetches the whole picture over REST and puts the ticks that came
 * meanwhile on top of it: a tick says what is different, so that an old one again changes nothing for
 * good. It knows no component.
 */
import { Curve } from "./curve";
import { decodeMessage, ProtocolError } from "./decode";
import type { Dashboard, Hello, Tick } from "./messages";
import { applied } from "./picture";
import { getDashboard, getTicket } from "./rest";

export const STALE_AFTER_MS = 3_000;
export const DOWN_AFTER_MS = 6_000;
const BEAT_MS = 500;
const BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 15_000;
/** A picture that is fetched is asked for again no sooner than this. */
const REPAIR_AGAIN_MS = 2_000;

export type Connection = "CONNECTING" | "LIVE" | "STALE" | "DOWN";

export interface LiveState {
  readonly connection: Connection;
  /** Whole seconds since the last good message; before the first, since the start. */
  readonly silenceS: number;
  /** The last good picture; stays while the connection is away. */
  readonly dashboard: Dashboard | null;
  /** What is wrong with what the server sends, or null. */
  readonly fault: string | null;
}

/** The part of a WebSocket that is used; its events never come before `open` has returned. */
export interface Socket {
  close(): void;
}

export interface SocketEvents {
  message(text: string): void;
  /** `inOrder` when the server said that it ends the socket, not when it was just gone. */
  closed(inOrder: boolean): void;
}

/** The outside world, passed in so that tests can play it. `now` in milliseconds. */
export interface Wires {
  open(events: SocketEvents): Socket;
  snapshot(): Promise<Hello>;
  now(): number;
  random(): number;
}

/** The ticket is fetched first where one is needed; a socket without one closes at once. */
function openSocket(events: SocketEvents): Socket {
  let socket: WebSocket | null = null;
  let closed = false;
  const end = (inOrder: boolean) => {
    if (!closed) events.closed(inOrder);
    closed = true;
  };
  const connect = (ticket: string | null) => {
    if (closed) return;
    const url = new URL("/live", window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (ticket !== null) url.searchParams.set("ticket", ticket);
    socket = new WebSocket(url);
    socket.onmessage = (event) => events.message(String(event.data));
    socket.onclose = (event) => end(event.wasClean);
  };
  getTicket().then(connect, () => end(false));
  return {
    close() {
      closed = true;
      socket?.close();
    },
  };
}

export function browserWires(): Wires {
  return {
    open: openSocket,
    snapshot: getDashboard,
    now: () => performance.now(),
    random: Math.random,
  };
}

/** Between half of and the whole exponential delay, in milliseconds. */
export function backOff(attempt: number, random: number): number {
  return Math.min(BACK_OFF_MS * 2 ** attempt, MAX_BACK_OFF_MS) * (0.5 + random / 2);
}

export class LiveClient {
  readonly curve = new Curve();
  private state: LiveState = { connection: "CONNECTING", silenceS: 0, dashboard: null, fault: null };
  private readonly listeners = new Set<() => void>();
  private readonly wires: Wires;
  private socket: Socket | null = null;
  private sequence: number | null = null;
  private heardAt: number;
  private openedAt: number;
  private attempts = 0;
  /** The server has ended the socket, and the next one has not spoken yet. */
  private isChanging = false;
  /** The request for a picture that is under way; an answer to an earlier one is not taken. */
  private asked: symbol | null = null;
  /** The last picture that was asked for did not come: it is asked for again. */
  private broken = false;
  private repairedAt = Number.NEGATIVE_INFINITY;
  /** Ticks since the picture was asked for that is on its way. */
  private meanwhile: Tick[] = [];
  private timers: ReturnType<typeof setTimeout>[] = [];
  private reconnect: ReturnType<typeof setTimeout> | undefined;

  constructor(wires: Wires) {
    this.wires = wires;
    this.heardAt = this.openedAt = wires.now();
  }

  readonly getState = (): LiveState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    this.heardAt = this.wires.now();
    this.timers.push(setInterval(() => this.beat(), BEAT_MS));
    this.connect();
    this.repair();
  }

  stop(): void {
    this.timers.forEach(clearInterval);
    this.timers = [];
    clearTimeout(this.reconnect);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private connect(): void {
    this.openedAt = this.wires.now();
    this.sequence = null;
    const socket = this.wires.open({
      message: (text) => {
        if (this.socket === socket) this.receive(text);
      },
      closed: (inOrder) => {
        if (this.socket !== socket) return;
        if (inOrder && this.sequence !== null && this.attempts === 0) this.change();
        else this.lose();
      },
    });
    this.socket = socket;
  }

  /** Only while ticks flow: a server that ends every socket again is as good as lost. */
  private change(): void {
    this.attempts++;
    this.isChanging = true;
    this.connect();
  }

  private lose(): void {
    this.socket = null;
    this.isChanging = false;
    const delay = backOff(this.attempts++, this.wires.random());
    this.reconnect = setTimeout(() => this.connect(), delay);
    this.refresh();
  }

  /** A socket that is open and silent is as good as lost: nobody will close it for us. */
  private beat(): void {
    const socket = this.socket;
    const quiet = this.wires.now() - Math.max(this.heardAt, this.openedAt);
    if (socket !== null && quiet >= DOWN_AFTER_MS) {
      this.lose();
      socket.close();
    }
    const waited = this.wires.now() - this.repairedAt;
    if (this.broken && this.sequence !== null && waited >= REPAIR_AGAIN_MS) this.repair();
    this.refresh();
  }

  private receive(text: string): void {
    try {
      const message = decodeMessage(text);
      this.heardAt = this.wires.now();
      if (message.type === "hello") this.hello(message);
      else this.tick(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.refresh({ fault: error.message });
    }
  }

  private hello(message: Hello): void {
    this.sequence = message.sequence;
    this.isChanging = false;
    this.asked = null; // what lies between its answer and this hello no tick will tell
    this.broken = false;
    this.meanwhile = [];
    if (message.complete || this.state.dashboard === null) {
      this.curve.replace(message.curve);
      this.show(message.dashboard);
    } else {
      this.refresh({ fault: null });
    }
    if (!message.complete) this.repair();
  }

  private tick(message: Tick): void {
    const expected = this.sequence === null ? null : this.sequence + 1;
    if (expected !== null && message.sequence < expected) return; // a repetition
    this.sequence = message.sequence;
    this.attempts = 0;
    if (this.asked !== null) this.meanwhile.push(message);
    const shown = this.state.dashboard;
    if (shown !== null) this.show(applied(shown, message.at, message.changes));
    if (message.sequence !== expected || shown === null) this.repair();
  }

  private show(dashboard: Dashboard): void {
    this.curve.append(dashboard.at, dashboard.equity);
    this.refresh({ dashboard, fault: null });
  }

  /** Fetches the whole picture: the first one, or what a gap has swallowed. */
  private repair(): void {
    if (this.asked !== null) return;
    const asked = Symbol();
    this.asked = asked;
    this.broken = false;
    this.repairedAt = this.wires.now();
    this.meanwhile = [];
    this.wires.snapshot().then(
      (hello) => {
        if (this.asked !== asked) return;
        this.asked = null;
        this.merge(hello);
      },
      (error: unknown) => {
        if (this.asked !== asked) return;
        this.asked = null;
        this.broken = true;
        if (error instanceof ProtocolError) this.refresh({ fault: error.message });
        // else the server is away, which the silence will tell
      },
    );
  }

  private merge(hello: Hello): void {
    this.curve.replace(hello.curve);
    let picture = hello.dashboard;
    for (const tick of this.meanwhile) picture = applied(picture, tick.at, tick.changes);
    this.meanwhile = [];
    this.show(picture);
  }

  private connection(silenceMs: number): Connection {
    if (silenceMs >= DOWN_AFTER_MS) return "DOWN";
    if (this.sequence === null && this.state.connection === "CONNECTING") return "CONNECTING";
    if (silenceMs >= STALE_AFTER_MS) return "STALE";
    const isHeard = this.socket !== null && this.sequence !== null;
    return isHeard || this.isChanging ? "LIVE" : "STALE";
  }

  private refresh(change: Partial<LiveState> = {}): void {
    const silenceMs = this.wires.now() - this.heardAt;
    const next: LiveState = {
      ...this.state,
      connection: this.connection(silenceMs),
      silenceS: Math.floor(silenceMs / 1000),
      ...change,
    };
    const keys = Object.keys(next) as (keyof LiveState)[];
    if (keys.every((key) => next[key] === this.state[key])) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  }
}
