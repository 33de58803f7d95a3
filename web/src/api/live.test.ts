import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backOff, DOWN_AFTER_MS, LiveClient, STALE_AFTER_MS, type SocketEvents } from "./live";
import type { Hello, Message } from "./messages";
import { dashboard, hello, instant, order, tick } from "./samples";

/** The server's side of one socket. */
class FakeSocket {
  readonly events: SocketEvents;
  isClosed = false;

  constructor(events: SocketEvents) {
    this.events = events;
  }

  close(): void {
    this.isClosed = true;
  }

  say(message: Message): void {
    this.events.message(JSON.stringify(message));
  }
}

class World {
  readonly sockets: FakeSocket[] = [];
  snapshot: () => Promise<Hello> = () => Promise.reject(new Error("away"));
  snapshots = 0;
  readonly client = new LiveClient({
    open: (events) => {
      const socket = new FakeSocket(events);
      this.sockets.push(socket);
      return socket;
    },
    snapshot: () => {
      this.snapshots += 1;
      return this.snapshot();
    },
    now: () => Date.now(),
    random: () => 1,
  });

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("Expected an open socket");
    return socket;
  }

  get state() {
    return this.client.getState();
  }

  curve(): number[] {
    const values: number[] = [];
    this.client.curve.subscribe({
      reset: (points) => values.push(...points.map((point) => point.value)),
      append: () => undefined,
    })();
    return values;
  }
}

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
  world.client.start();
});

afterEach(() => {
  world.client.stop();
  vi.useRealTimers();
});

/** A world in which hello and a first tick have come, and nothing waits any more. */
async function running(): Promise<void> {
  world.socket.say(hello(7, 0, "100"));
  world.socket.say(tick(8, 1, "101"));
  await vi.advanceTimersByTimeAsync(0);
  world.snapshots = 0;
}

test("it is CONNECTING until the hello, then LIVE", () => {
  expect(world.state.connection).toBe("CONNECTING");
  world.socket.say(hello(7, 0, "100"));
  expect(world.state).toMatchObject({ connection: "LIVE", silenceS: 0, fault: null });
  expect(world.curve()).toEqual([99, 100]);
});

test("silence is STALE after 3 s and DOWN after 6 s, and a tick is LIVE again", async () => {
  await running();
  await vi.advanceTimersByTimeAsync(STALE_AFTER_MS - 500);
  expect(world.state.connection).toBe("LIVE");
  await vi.advanceTimersByTimeAsync(500);
  expect(world.state).toMatchObject({ connection: "STALE", silenceS: 3 });
  world.socket.say(tick(9, 2, "102"));
  expect(world.state.connection).toBe("LIVE");
  await vi.advanceTimersByTimeAsync(DOWN_AFTER_MS);
  expect(world.state.connection).toBe("DOWN");
  expect(world.state.dashboard?.equity).toBe("102");
});

test("an open but silent socket is closed and replaced", async () => {
  await running();
  const silent = world.socket;
  await vi.advanceTimersByTimeAsync(DOWN_AFTER_MS + 1000);
  expect(silent.isClosed).toBe(true);
  expect(world.sockets).toHaveLength(2);
  silent.say(tick(9, 2, "666"));
  expect(world.state.dashboard?.equity).toBe("101");
});

test("a socket that the server ends in good order is replaced at once and stays LIVE", async () => {
  await running();
  world.socket.events.closed(true);
  expect(world.sockets).toHaveLength(2);
  expect(world.state.connection).toBe("LIVE");
  world.socket.say(hello(20, 2, "103"));
  world.socket.say(tick(21, 3, "104"));
  expect(world.state).toMatchObject({ connection: "LIVE", dashboard: { equity: "104" } });
});

test("a server that ends every socket is waited for like one that is lost", async () => {
  await running();
  world.socket.events.closed(true);
  world.socket.say(hello(20, 2, "103"));
  world.socket.events.closed(true);
  expect(world.sockets).toHaveLength(2);
  expect(world.state.connection).toBe("STALE");
  await vi.advanceTimersByTimeAsync(1500);
  expect(world.sockets).toHaveLength(3);
});

test("an ended socket whose successor is silent is STALE after 3 s", async () => {
  await running();
  world.socket.events.closed(true);
  await vi.advanceTimersByTimeAsync(STALE_AFTER_MS);
  expect(world.state.connection).toBe("STALE");
});

test("a lost socket is STALE at once, DOWN after 6 s, and LIVE with the next hello", async () => {
  await running();
  world.socket.events.closed(false);
  expect(world.state.connection).toBe("STALE");
  await vi.advanceTimersByTimeAsync(1000);
  expect(world.sockets).toHaveLength(2);
  expect(world.state.connection).toBe("STALE");
  await vi.advanceTimersByTimeAsync(DOWN_AFTER_MS);
  expect(world.state.connection).toBe("DOWN");
  await vi.advanceTimersByTimeAsync(1000); // the silent second socket is replaced, too
  expect(world.sockets).toHaveLength(3);
  world.socket.say(hello(0, 9, "90"));
  expect(world.state).toMatchObject({ connection: "LIVE", silenceS: 0 });
  expect(world.state.dashboard?.equity).toBe("90");
});

test("a server that never answers is DOWN", async () => {
  await vi.advanceTimersByTimeAsync(DOWN_AFTER_MS);
  expect(world.state).toMatchObject({ connection: "DOWN", dashboard: null });
});

test("attempts are spaced further and further; a hello alone does not reset that", async () => {
  await running();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 7; attempt += 1) {
    const before = world.sockets.length;
    const since = Date.now();
    world.socket.events.closed(false);
    while (world.sockets.length === before) await vi.advanceTimersByTimeAsync(100);
    waits.push(Date.now() - since);
    world.socket.say(hello(0, 2, "1"));
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
  world.socket.say(tick(1, 3, "1"));
  const before = world.sockets.length;
  world.socket.events.closed(false);
  await vi.advanceTimersByTimeAsync(500);
  expect(world.sockets).toHaveLength(before + 1);
});

test("back-off is jittered downwards by at most half", () => {
  expect(backOff(0, 0)).toBe(250);
  expect(backOff(0, 1)).toBe(500);
  expect(backOff(50, 0)).toBe(7500);
});

test("a gap fetches the whole picture once, and what came meanwhile goes on top", async () => {
  await running();
  world.snapshot = () =>
    Promise.resolve({
      ...hello(0, 5, "105"),
      curve: [101, 102, 103, 104, 105].map((value, index) => ({
        at: instant(index + 1),
        equity: String(value),
      })),
    });
  world.socket.say(tick(12, 5, "105", { cash: "12" }));
  world.socket.say(tick(15, 8, "108", { orders: [order(1)] }));
  await vi.advanceTimersByTimeAsync(0);
  expect(world.snapshots).toBe(1);
  expect(world.curve()).toEqual([101, 102, 103, 104, 105, 108]);
  expect(world.state.dashboard).toMatchObject({ equity: "108", orders: [order(1)] });
});

test("a picture that does not come is asked for again until it does", async () => {
  await running();
  world.socket.say(tick(12, 5, "105"));
  await vi.advanceTimersByTimeAsync(0);
  world.socket.say(tick(13, 6, "106"));
  await vi.advanceTimersByTimeAsync(2500);
  expect(world.snapshots).toBe(2);
  world.snapshot = () => Promise.resolve(hello(0, 9, "109"));
  world.socket.say(tick(14, 7, "107"));
  await vi.advanceTimersByTimeAsync(2500);
  expect(world.snapshots).toBe(3);
  expect(world.state.dashboard?.equity).toBe("109");
  await vi.advanceTimersByTimeAsync(2500);
  expect(world.snapshots).toBe(3);
});

test("a hello that was shortened keeps the rows there are and fetches the whole picture", async () => {
  await running();
  world.socket.say(tick(9, 2, "102", { orders: [order(1), order(2)] }));
  world.snapshot = () =>
    Promise.resolve({
      ...hello(0, 4, "104"),
      dashboard: { ...dashboard(4, "104"), orders: [order(0), order(1), order(2)] },
    });
  const cut = { ...dashboard(3, "103"), orders: [order(0)] };
  world.socket.say({ ...hello(1, 3, "103"), dashboard: cut, complete: false });
  expect(world.state.dashboard?.orders).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(world.snapshots).toBe(1);
  expect(world.state.dashboard?.orders).toHaveLength(3);
});

test("an answer that a hello has overtaken is not shown", async () => {
  let answer: (hello: Hello) => void = () => undefined;
  world.client.stop();
  world = new World();
  world.snapshot = () => new Promise((resolve) => (answer = resolve));
  world.client.start();
  world.socket.say(hello(5, 3, "103"));
  answer(hello(0, 2, "102"));
  await vi.advanceTimersByTimeAsync(0);
  expect(world.state.dashboard?.equity).toBe("103");
});

test("no gap, no fetch; a repeated tick is ignored", async () => {
  await running();
  world.socket.say(tick(9, 2, "102"));
  world.socket.say(tick(9, 2, "666"));
  await vi.advanceTimersByTimeAsync(0);
  expect(world.snapshots).toBe(0);
  expect(world.state.dashboard?.equity).toBe("102");
});

test("the first picture may come over REST", async () => {
  const second = new World();
  second.snapshot = () => Promise.resolve(hello(3, 0, "100"));
  second.client.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(second.state).toMatchObject({ connection: "CONNECTING" });
  expect(second.state.dashboard?.equity).toBe("100");
  second.client.stop();
});

test("a message that is not understood is told, keeps the picture and is no sign of life", async () => {
  await running();
  await vi.advanceTimersByTimeAsync(STALE_AFTER_MS);
  world.socket.events.message('{"type":"tick"}');
  expect(world.state.fault).toContain("Expected number at tick.sequence");
  expect(world.state).toMatchObject({ connection: "STALE" });
  expect(world.state.dashboard?.equity).toBe("101");
  world.socket.say(tick(9, 2, "102"));
  expect(world.state.fault).toBeNull();
});

test("listeners hear changes and nothing else", async () => {
  await running();
  let calls = 0;
  const stop = world.client.subscribe(() => {
    calls += 1;
  });
  await vi.advanceTimersByTimeAsync(500);
  expect(calls).toBe(0);
  world.socket.say(tick(9, 2, "102"));
  expect(calls).toBe(1);
  stop();
  world.socket.say(tick(10, 3, "103"));
  expect(calls).toBe(1);
});

test("after stop nothing runs", async () => {
  await running();
  world.client.stop();
  expect(world.socket.isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
