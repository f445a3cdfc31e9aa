import { api } from "../lib/api";
import { feed } from "../lib/feed.svelte";
import { Seen } from "../lib/seen.svelte";
import { clock } from "../lib/time.svelte";
import { overdue, type FollowUp } from "./followups";

/** What an agent has promised to do. */
export class Promised {
  open: FollowUp[] = $state.raw([]);
  #dismissed = new Seen("dismissed");

  /** Those whose time has come, without those that were dismissed here. */
  get due(): FollowUp[] {
    return this.open.filter((one) => overdue(one, clock.now) && !this.#dismissed.has(dismissal(one)));
  }

  async look(): Promise<void> {
    this.open = await api<FollowUp[]>("GET", "/api/followups");
    this.#dismissed.keepOnly(this.open.map(dismissal));
  }

  /** Looks again as one is due. Gives a way to stop that. */
  follow(): () => void {
    return feed.listen(({ notices }) => {
      if (notices?.some(({ followup }) => followup)) void this.look().catch(() => {});
    });
  }

  async add(wanted: { number: string; at: number; text: string; call?: string }): Promise<void> {
    await api("POST", "/api/followups", wanted);
    await this.look();
  }

  async done(id: string): Promise<void> {
    await this.#change(id, { done: true });
  }

  /** Comes back `seconds` from now. */
  async later(id: string, seconds: number): Promise<void> {
    await this.#change(id, { at: clock.now + seconds });
  }

  /** Reminds of it no more; it stays open. */
  dismiss(one: FollowUp): void {
    this.#dismissed.add(dismissal(one));
  }

  async #change(id: string, change: { done: true } | { at: number }): Promise<void> {
    await api("PATCH", `/api/followups/${encodeURIComponent(id)}`, change);
    await this.look();
  }
}

/** One that is put off reminds again. */
const dismissal = ({ id, at }: FollowUp) => `${id} ${at}`;
