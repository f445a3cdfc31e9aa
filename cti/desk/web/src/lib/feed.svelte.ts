import { SvelteMap } from "svelte/reactivity";

import { logInAgain } from "./api";
import { renew } from "./renewal";
import type { Alert, Announcement, FaultyRecording, Figures } from "./board";
import { clock } from "./time.svelte";
import type { AgentRow, CallRow, Notice, QueueRow } from "./types";

const SILENCE_MS = 12_000; // The server says something every 5 s.
const WAIT_MS = [300, 10_000] as const; // Before the first, and at most before any, try to come back.
const LOG_IN_FIRST = 4401;

interface Rows {
  agents?: AgentRow[];
  queues?: QueueRow[];
  calls?: CallRow[];
  /** Ids of calls no longer seen. */
  gone?: string[];
  notices?: Notice[];
  /** Figures of all queues together, alerts and announcements: kept by who shows them. */
  today?: Figures;
  alerts?: Alert[];
  announcements?: Announcement[];
  /** Recordings of the last day that are not whole. */
  recordings?: FaultyRecording[];
  /** The queue whose callbacks are other than before. */
  callbacks?: string;
  /** The queue of which other callers are parked than before. */
  parked?: string;
}

export type Message =
  | { type: "alive"; now: number }
  | ({ type: "snapshot"; stream: string; seq: number; now: number } & Rows)
  | ({ type: "change"; seq: number; prev: number; at: number; event: string } & Rows);

/** Told after each message that changed something. */
export type Listener = (message: Exclude<Message, { type: "alive" }>) => void;

/** What one asks of a WebSocket. */
export type Socket = Pick<WebSocket, "onmessage" | "onclose" | "close">;

/**
 * The live picture: agents and queues by name, calls by id, as the server tells this user. It comes
 * back by itself after a drop, with what was missed or with a fresh snapshot.
 */
export class Feed {
  readonly agents = new SvelteMap<string, AgentRow>();
  readonly queues = new SvelteMap<string, QueueRow>();
  readonly calls = new SvelteMap<string, CallRow>();
  /** Whether what is seen is live; null before the first word. */
  connected: boolean | null = $state(null);

  #listeners = new Set<Listener>();
  #stream = "";
  #seq: number | null = null;
  #tries = 0;
  #loggedOff = false;
  #renewing = false;
  readonly #open: typeof openSocket;
  readonly #wait: typeof waitMs;
  readonly #loggedOut: () => void;
  readonly #renew: typeof renew;

  /**
   * `open` makes a socket for a path; `wait` calls back after some ms and gives a way to call it off; `again` renews
   * the log-in, and `loggedOut` is told that this cannot be done.
   */
  constructor(open = openSocket, wait = waitMs, loggedOut = logInAgain, again = renew) {
    this.#open = open;
    this.#wait = wait;
    this.#loggedOut = loggedOut;
    this.#renew = again;
  }

  /** Tells `listener` of each snapshot and change. Gives a way to stop that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and stays so until the page is left. Called once. */
  start(): void {
    const from = this.#seq === null ? "" : `?stream=${encodeURIComponent(this.#stream)}&after=${this.#seq}`;
    const socket = this.#open(`/ws${from}`);
    let over = false;

    const end = (code?: number) => {
      if (over) return;
      over = true;
      silent();
      socket.close();
      this.connected = false;
      if (code === LOG_IN_FIRST) void this.#logIn();
      else this.#tryLater();
    };
    let silent = this.#wait(end, SILENCE_MS);

    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (over) return;
      silent();
      silent = this.#wait(end, SILENCE_MS);
      if (!this.#take(JSON.parse(data) as Message)) end();
    };
    socket.onclose = (event: CloseEvent) => end(event.code);
  }

  #tryLater(): void {
    const ms = Math.min(WAIT_MS[1], WAIT_MS[0] * 2 ** this.#tries++);
    this.#wait(() => this.start(), ms * (0.5 + Math.random() / 2));
  }

  /** Connects by a log-in that is renewed; one that was just renewed and does not do is over. */
  async #logIn(): Promise<void> {
    try {
      const good = !this.#renewing && (await this.#renew());
      this.#renewing = good;
      if (good) return this.start();
    } catch {
      return this.#tryLater();
    }
    this.#loggedOff = true;
    this.#loggedOut();
  }

  /** Connects again after a new log-in, if it was for want of one that the link ended. */
  resume(): void {
    if (!this.#loggedOff) return;
    this.#loggedOff = false;
    this.start();
  }

  /** Takes in a message. False where one before it is missing: then begin again with a snapshot. */
  #take(message: Message): boolean {
    if ("now" in message) clock.set(message.now);
    if (message.type === "change" && message.prev !== this.#seq) {
      this.#seq = null;
      return false;
    }
    this.#tries = 0;
    this.#renewing = false;
    this.connected = true;
    if (message.type === "alive") return true;
    if (message.type === "snapshot") this.#begin(message);
    this.#seq = message.seq;
    for (const row of message.agents ?? []) this.agents.set(row.name, row);
    for (const row of message.queues ?? []) this.queues.set(row.name, row);
    for (const row of message.calls ?? []) this.calls.set(row.id, row);
    for (const id of message.gone ?? []) this.calls.delete(id);
    for (const listener of this.#listeners) listener(message);
    return true;
  }

  /** Forgets what a snapshot does not have. */
  #begin(message: Message & { type: "snapshot" }): void {
    this.#stream = message.stream;
    keepOnly(this.agents, (message.agents ?? []).map((row) => row.name));
    keepOnly(this.queues, (message.queues ?? []).map((row) => row.name));
    keepOnly(this.calls, (message.calls ?? []).map((row) => row.id));
  }
}

function keepOnly(rows: SvelteMap<string, unknown>, names: string[]): void {
  const kept = new Set(names);
  for (const name of [...rows.keys()]) if (!kept.has(name)) rows.delete(name);
}

export function openSocket(path: string): Socket {
  return new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`);
}

function waitMs(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

export const feed = new Feed();
