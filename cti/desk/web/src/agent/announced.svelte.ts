import { api } from "../lib/api";
import type { Announcement } from "../lib/board";
import { feed } from "../lib/feed.svelte";
import { clock } from "../lib/time.svelte";

/** What supervisors announce to this agent. */
export class Announced {
  #all: Announcement[] = $state.raw([]);

  /** Those that have not ended, and that he has not said he has seen. */
  get unread(): Announcement[] {
    return this.#all.filter(({ until, seen }) => clock.now < until && !seen);
  }

  /** Takes in what the feed tells. Gives a way to stop that. */
  follow(): () => void {
    return feed.listen(({ type, announcements = [] }) => {
      const told = new Map(announcements.map((one) => [one.id, one]));
      const others = type === "snapshot" ? [] : this.#all.filter(({ id }) => !told.has(id));
      this.#all = [...others, ...told.values()];
    });
  }

  async read(id: string): Promise<void> {
    await api("POST", `/api/announcements/${encodeURIComponent(id)}/seen`);
  }
}
