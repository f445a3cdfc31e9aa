import { api } from "../lib/api";
import type { Card, Choices } from "./types";

const PAGE = 100;

/** The customers that were found, a page at a time, newest first. */
export class List {
  rows: Card[] = $state.raw([]);
  /** Whether there are more than those. */
  more = $state(false);
  asked = $state(false);
  choices: Choices = $state.raw({ fields: [], owners: [], levels: [], regions: [], departments: [] });

  #query: Record<string, string> = {};
  #next: number | null = null;
  #turn = 0;
  #loading = false;

  async choose(): Promise<void> {
    this.choices = await api<Choices>("GET", "/api/customers/choices");
  }

  /** Finds those that fit; the last question asked is the one that is answered. */
  async find(query: Record<string, string>): Promise<void> {
    this.#query = query;
    await this.#load(++this.#turn, []);
  }

  /** Loads the next page, once. */
  async onward(): Promise<void> {
    if (this.more && !this.#loading) await this.#load(this.#turn, this.rows);
  }

  /** A card is new or other than before: it is in the list from now on. */
  put(card: Card): void {
    const there = this.rows.some((one) => one.id === card.id);
    this.rows = there ? this.rows.map((one) => (one.id === card.id ? card : one)) : [card, ...this.rows];
  }

  remove(id: number): void {
    this.rows = this.rows.filter((one) => one.id !== id);
  }

  async #load(turn: number, before: Card[]): Promise<void> {
    const query = new URLSearchParams({ limit: String(PAGE) });
    for (const [key, value] of Object.entries(this.#query)) if (value) query.set(key, value);
    if (before.length && this.#next !== null) query.set("before", String(this.#next));
    this.#loading = true;
    try {
      const page = await api<{ customers: Card[]; next: number | null }>("GET", `/api/customers?${query}`);
      if (turn !== this.#turn) return;
      this.#next = page.next;
      this.more = page.next !== null;
      this.rows = [...before, ...page.customers];
      this.asked = true;
    } finally {
      if (turn === this.#turn) this.#loading = false;
    }
  }
}
