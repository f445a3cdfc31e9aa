import { beforeEach, describe, expect, test, vi } from "vitest";

import { Feed, type Socket } from "./feed.svelte";
import type { AgentRow, CallRow } from "./types";

const SILENCE_MS = 12_000;

class FakeSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  closed = false;

  constructor(readonly path: string) {}

  close() {
    this.closed = true;
  }
  say(message: object) {
    this.onmessage?.call(this as unknown as WebSocket, { data: JSON.stringify(message) } as MessageEvent);
  }
  drop(code = 1006) {
    this.onclose?.call(this as unknown as WebSocket, { code } as CloseEvent);
  }
}

const agent = (name: string, state: AgentRow["state"]): AgentRow => ({ name, state, since: 1, reason: "", call: null });
const call = (id: string) => ({ id }) as CallRow;
const snapshot = (seq: number, rows: object = {}) => ({ type: "snapshot", stream: "s1", seq, now: 100, ...rows });
const change = (seq: number, prev: number, rows: object = {}) => ({
  type: "change", seq, prev, at: 100, event: "AgentChanged", ...rows,
});

let sockets: FakeSocket[];
let loggedOut: number;
let renewal: () => Promise<boolean>;
let feed: Feed;
const last = () => sockets.at(-1)!;
const comeBack = () => vi.runOnlyPendingTimers();

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  loggedOut = 0;
  renewal = () => Promise.resolve(false);
  feed = new Feed(
    (path) => {
      const socket = new FakeSocket(path);
      sockets.push(socket);
      return socket;
    },
    (work, ms) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    () => loggedOut++,
    () => renewal(),
  );
  feed.start();
});

describe("the picture", () => {
  test("is what the snapshot and the changes after it say", () => {
    expect(feed.connected).toBeNull();
    last().say(snapshot(5, { agents: [agent("ann", "ready")], calls: [call("a"), call("b")] }));
    last().say(change(7, 5, { agents: [agent("ann", "talking")], gone: ["a"] }));
    expect(feed.connected).toBe(true);
    expect(feed.agents.get("ann")?.state).toBe("talking");
    expect([...feed.calls.keys()]).toEqual(["b"]);
  });

  test("forgets what a new snapshot does not have", () => {
    last().say(snapshot(5, { agents: [agent("ann", "ready"), agent("bob", "ready")], calls: [call("a")] }));
    last().say(snapshot(9, { agents: [agent("bob", "offline")] }));
    expect([...feed.agents.keys()]).toEqual(["bob"]);
    expect(feed.calls.size).toBe(0);
  });

  test("is told to listeners until they stop", () => {
    const heard: number[] = [];
    const stop = feed.listen((message) => heard.push(message.seq));
    last().say(snapshot(5));
    last().say({ type: "alive", now: 100 });
    last().say(change(6, 5));
    stop();
    last().say(change(7, 6));
    expect(heard).toEqual([5, 6]);
  });
});

describe("after a drop", () => {
  test("it goes on after the last message, and keeps the picture meanwhile", () => {
    last().say(snapshot(5, { agents: [agent("ann", "ready")] }));
    last().say(change(8, 5));
    last().drop();
    expect(feed.connected).toBe(false);
    expect(feed.agents.size).toBe(1);
    comeBack();
    expect(sockets.map((socket) => socket.path)).toEqual(["/ws", "/ws?stream=s1&after=8"]);
    last().say(change(9, 8, { agents: [agent("ann", "talking")] }));
    expect(feed.connected).toBe(true);
    expect(feed.agents.get("ann")?.state).toBe("talking");
  });

  test("it is live again as soon as it hears that nothing was missed", () => {
    last().say(snapshot(5));
    last().drop();
    comeBack();
    last().say({ type: "alive", now: 100 });
    expect(feed.connected).toBe(true);
  });

  test("a message that is missing brings a fresh snapshot", () => {
    last().say(snapshot(5, { agents: [agent("ann", "ready")] }));
    last().say(change(9, 7, { agents: [agent("ann", "talking")] }));
    expect(sockets[0]!.closed).toBe(true);
    expect(feed.agents.get("ann")?.state).toBe("ready");
    comeBack();
    expect(last().path).toBe("/ws");
  });

  test("silence is a drop too, and what a dead socket says late is not heard", () => {
    last().say(snapshot(5));
    vi.advanceTimersByTime(SILENCE_MS);
    expect(feed.connected).toBe(false);
    sockets[0]!.say(change(6, 5, { agents: [agent("ann", "ready")] }));
    expect(feed.agents.size).toBe(0);
    sockets[0]!.drop();
    comeBack();
    expect(sockets).toHaveLength(2);
  });

  test("it waits longer from try to try, and shortly again once it was live", () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      last().drop();
      const before = Date.now();
      comeBack();
      waits.push(Date.now() - before);
    }
    expect(waits).toEqual([300, 600, 1_200, 2_400, 4_800, 9_600, 10_000, 10_000]);
    last().say(snapshot(1));
    last().drop();
    vi.advanceTimersByTime(300);
    expect(sockets).toHaveLength(10);
  });

  test("a log-in that is over is renewed, once until the feed is heard again", async () => {
    renewal = () => Promise.resolve(true);
    last().say(snapshot(5));
    for (const expected of [2, 3]) {
      last().drop(4401);
      await vi.advanceTimersByTimeAsync(0);
      expect([loggedOut, sockets.length, last().path]).toEqual([0, expected, "/ws?stream=s1&after=5"]);
      last().say({ type: "alive", now: 100 });
    }
    last().drop(4401);
    await vi.advanceTimersByTimeAsync(0);
    last().drop(4401);
    await vi.advanceTimersByTimeAsync(0);
    expect([loggedOut, sockets.length]).toEqual([1, 4]);
  });

  test("a server that is away when the log-in is to be renewed is tried again", async () => {
    renewal = () => Promise.reject(new Error("away"));
    last().drop(4401);
    await vi.advanceTimersByTimeAsync(300);
    expect([loggedOut, sockets.length]).toEqual([0, 2]);
  });

  test("who is no longer logged in is not let try again", async () => {
    last().say(snapshot(5));
    last().drop(4401);
    await vi.advanceTimersByTimeAsync(0);
    expect([loggedOut, sockets.length]).toEqual([1, 1]);
    feed.resume();
    feed.resume();
    expect(sockets).toHaveLength(2);
  });
});
