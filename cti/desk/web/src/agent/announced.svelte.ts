import { feed } from "../lib/feed.svelte";
import { Seen } from "../lib/seen.svelte";
import { clock } from "../lib/time.svelte";
import type { Announcement } from "../lib/types";

/** What supervisors announce to this agent. */
export class Announced {
  #all: Announcement[] = $state.raw([]);
  #read = new Seen("read");

  /** Those that have not ended, and were not read here. */
  get unread(): Announcement[] {
    return this.#all.filter(({ id, until }) => clock.now < until && !this.#read.has(id));
  }

  /** Takes in what the feed tells. Gives a way to stop that. */
  follow(): () => void {
    return feed.listen(({ type, announcements }) => {
      if (type === "snapshot") {
        this.#all = announcements ?? [];
        this.#read.keepOnly(this.#all.map(({ id }) => id));
      } else if (announcements) {
        const news = new Set(announcements.map(({ id }) => id));
        this.#all = [...this.#all.filter(({ id }) => !news.has(id)), ...announcements];
      }
    });
  }

  read(id: string): void {
    this.#read.add(id);
  }
}
