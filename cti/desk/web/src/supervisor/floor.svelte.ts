import { untrack } from "svelte";

import { api } from "../lib/api";
import type { Alert, Announcement } from "../lib/board";
import { feed, type Message } from "../lib/feed.svelte";
import { clock } from "../lib/time.svelte";
import type { AgentRow, CallRow } from "../lib/types";
import { gathered } from "./gathered";
import { nameOf } from "./show";
import type { AgentLine, Callback, QueueLine, QueueNow } from "./types";

const GAP_MS = 5_000;

/**
 * What the console's lists show: the feed's picture in lines, and what the feed does not say of queues,
 * asked for when the feed has news. Lines are made once for each message, whatever it changed.
 */
export class Floor {
  #told = $state(0);
  #alerts: ReadonlyMap<string, Alert> = $state.raw(new Map());
  #announcements: ReadonlyMap<string, Announcement> = $state.raw(new Map());
  #figures: ReadonlyMap<string, QueueNow> = $state.raw(new Map());
  callbacks: readonly Callback[] = $state.raw([]);

  readonly calls: readonly CallRow[] = $derived.by(() => this.#seen(() => [...feed.calls.values()]));
  readonly agents: readonly AgentLine[] = $derived.by(() => this.#seen(() => [...feed.agents.values()].map(agentLine)));
  readonly queues: readonly QueueLine[] = $derived.by(() => {
    const counts = new Map<string, number>();
    for (const { queue } of this.callbacks) counts.set(queue, (counts.get(queue) ?? 0) + 1);
    const figures = this.#figures;
    return this.#seen(() =>
      [...feed.queues.values()].map((row) => ({
        name: row.name,
        waiting: row.waiting,
        callbacks: counts.get(row.name) ?? 0,
        since: row.longest_since,
        calls: row.calls.map((id) => feed.calls.get(id)).filter((call) => call !== undefined),
        now: figures.get(row.name),
        today: row.today,
        recent: row.recent,
      })),
    );
  });
  /** Those that are raised. */
  readonly alerts: readonly Alert[] = $derived([...this.#alerts.values()]);
  readonly announcements: Announcement[] = $derived(
    [...this.#announcements.values()].filter((one) => one.until > clock.now),
  );

  readonly #ask = gathered(() => this.#asked(), GAP_MS);

  /** Follows the feed; gives a way to stop that. */
  follow(): () => void {
    const stop = feed.listen((message) => {
      this.#told++;
      this.#hear(message);
      if (!document.hidden) this.#ask();
    });
    const back = () => document.hidden || this.#ask();
    document.addEventListener("visibilitychange", back);
    return () => {
      stop();
      document.removeEventListener("visibilitychange", back);
    };
  }

  call(id: string | null): CallRow | undefined {
    return this.#seen(() => (id === null ? undefined : feed.calls.get(id)));
  }

  agent(name: string): AgentRow | undefined {
    return this.#seen(() => feed.agents.get(name));
  }

  callback(call: string): Callback | undefined {
    return this.callbacks.find((one) => one.call === call);
  }

  /** Says that something was changed which the feed does not tell. */
  async refresh(): Promise<void> {
    await this.#asked();
  }

  /** Keeps the alerts and announcements that a message tells of; a snapshot tells of all. */
  #hear(message: Exclude<Message, { type: "alive" }>): void {
    const all = message.type === "snapshot";
    if (all || message.alerts) {
      const alerts = new Map(all ? [] : untrack(() => this.#alerts));
      for (const alert of message.alerts ?? []) {
        if (alert.cleared === null) alerts.set(alert.id, alert);
        else alerts.delete(alert.id);
      }
      this.#alerts = alerts;
    }
    if (all || message.announcements) {
      const announcements = new Map(all ? [] : untrack(() => this.#announcements));
      for (const one of message.announcements ?? []) announcements.set(one.id, one);
      this.#announcements = announcements;
    }
  }

  /** A function of the feed's picture, as it is after the last message. */
  #seen<T>(look: () => T): T {
    void this.#told;
    return untrack(look);
  }

  async #asked(): Promise<void> {
    try {
      const [queues, callbacks] = await Promise.all([
        api<QueueNow[]>("GET", "/api/queues"),
        api<Callback[]>("GET", "/api/callbacks"),
      ]);
      this.#figures = new Map(queues.map((queue) => [queue.name, queue]));
      this.callbacks = callbacks;
    } catch {
      // The head says whether the server is there; the next news asks again.
    }
  }
}

function agentLine(agent: AgentRow): AgentLine {
  const call = agent.call === null ? undefined : feed.calls.get(agent.call);
  return { ...agent, caller: call ? nameOf(call) : "", queue: call?.queue ?? "" };
}
