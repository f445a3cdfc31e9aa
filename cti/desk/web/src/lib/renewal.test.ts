import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { api, logInHere } from "./api";
import { asked, keepRenewed, renew } from "./renewal";
import { logOut } from "./session";

/** A server whose token is over: it answers 401 until the page's log-in was renewed. */
class Server {
  asked: string[] = [];
  good = false;

  constructor(private readonly renews: number) {
    vi.stubGlobal("fetch", (path: string, how?: RequestInit) => Promise.resolve(this.answer(path, how)));
  }

  private answer(path: string, how?: RequestInit): Response {
    this.asked.push(`${how?.method ?? "GET"} ${path}`);
    if (path !== "/api/refresh") return new Response(this.good ? "{}" : null, { status: this.good ? 200 : 401 });
    this.good = this.renews === 204;
    return new Response(null, { status: this.renews });
  }
}

const loggedOut = vi.fn();

beforeEach(() => {
  const store = new Map<string, string>();
  vi.useFakeTimers();
  vi.stubGlobal("localStorage", { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => store.set(key, value) });
  vi.stubGlobal("document", { addEventListener: vi.fn() });
  logInHere(loggedOut);
  loggedOut.mockClear();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a log-in that is over", () => {
  test("is renewed, and what was asked is asked again", async () => {
    const server = new Server(204);
    expect(await api("GET", "/api/me")).toEqual({});
    expect(server.asked).toEqual(["GET /api/me", "POST /api/refresh", "GET /api/me"]);
  });

  test("is renewed once for all who ask at a time", async () => {
    const server = new Server(204);
    await Promise.all([asked("/a"), asked("/b"), renew()]);
    expect(server.asked.filter((one) => one === "POST /api/refresh")).toHaveLength(1);
  });

  test.each([401, 403])("and cannot be renewed (%i) leads to the login page", async (status) => {
    const server = new Server(status);
    await expect(api("GET", "/api/me")).rejects.toThrow();
    expect([server.asked.length, loggedOut.mock.calls.length]).toEqual([2, 1]);
  });

  test("and a server that is away is no reason to log out", async () => {
    new Server(503);
    await expect(api("GET", "/api/me")).rejects.toThrow("cannot be reached");
    expect(loggedOut).not.toHaveBeenCalled();
  });
});

test("a log-in that is refused is no log-in that is over", async () => {
  const server = new Server(401);
  for (const path of ["/api/login", "/api/login/oidc"]) await expect(api("POST", path, {})).rejects.toThrow();
  expect(server.asked).toEqual(["POST /api/login", "POST /api/login/oidc"]);
  expect(loggedOut).not.toHaveBeenCalled();
});

test("a log-in is renewed every ten minutes, by one of all tabs", async () => {
  const server = new Server(204);
  keepRenewed();
  keepRenewed();
  await vi.advanceTimersByTimeAsync(9 * 60_000);
  expect(server.asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(11 * 60_000);
  expect(server.asked).toEqual(["POST /api/refresh", "POST /api/refresh"]);
});

describe("who logs out", () => {
  const assign = vi.fn();
  const settled = vi.fn();

  beforeEach(() => {
    vi.stubGlobal("location", { assign });
    vi.stubGlobal("addEventListener", vi.fn());
    assign.mockClear();
    settled.mockClear();
  });

  test("and cannot, since the server is away, has a page that goes on", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(logOut()).rejects.toThrow("cannot be reached");
    const server = new Server(204);
    server.good = true;
    await api("GET", "/api/agents");
    expect([server.asked, assign.mock.calls]).toEqual([["GET /api/agents"], []]);
  });

  test("asks for nothing more, whatever the feed says last", async () => {
    const server = new Server(401);
    server.good = true;
    const out = logOut();
    void Promise.all([api("GET", "/api/agents"), asked("/api/drafts"), renew()]).then(settled, settled);
    await out;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.asked).toEqual(["POST /api/logout"]);
    expect([assign.mock.calls, settled.mock.calls]).toEqual([[["/login.html"]], []]);
  });
});
