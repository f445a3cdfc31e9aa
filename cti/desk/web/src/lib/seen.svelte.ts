import { keep, kept } from "./kept";

/** Ids of what the user has seen and wants to see no more, kept in this browser under a name. */
export class Seen {
  #ids: ReadonlySet<string> = $state.raw(new Set());
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.#ids = new Set(kept(name)?.split("\n"));
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#set([...this.#ids, id]);
  }

  /** Forgets all but these: what is not there any more needs no memory. */
  keepOnly(ids: readonly string[]): void {
    this.#set(ids.filter((id) => this.#ids.has(id)));
  }

  #set(ids: readonly string[]): void {
    this.#ids = new Set(ids);
    keep(this.#name, ids.join("\n"));
  }
}
