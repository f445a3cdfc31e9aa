import { api } from "../lib/api";
import { callerName, type CallRow } from "../lib/types";
import { kept, paths, type Draft, type Result, type Results, type Talk } from "./after";

class Writing implements Draft {
  result: Result | null = $state.raw(null);
  typed = $state("");
  notes = $state("");
  saved = $state("");

  constructor(
    readonly call: string,
    readonly queue: string,
    readonly name: string,
    readonly number: string,
  ) {}
}

/** What one writes of talks. What is not saved stays, also when the next call comes. */
export class Drafts {
  all: Draft[] = $state.raw([]);
  #asked = $state.raw(new Map<string, Results>());

  /** Asks the server what may come of each queue's talks. */
  async look(): Promise<void> {
    const results = await api<Results[]>("GET", "/api/dispositions");
    this.#asked = new Map(results.map((of) => [of.queue, of]));
  }

  asked(queue: string): Results | undefined {
    return this.#asked.get(queue);
  }

  /** All dispositions of the site, and the groups of them. */
  get names(): string[] {
    return [...new Set([...this.#asked.values()].flatMap(({ tree }) => paths(tree)))].sort();
  }

  /** The talk that one may write of is this one now, with this caller, where that is known. */
  follow(talk: Talk | null, caller: CallRow | undefined): void {
    const name = caller ? caller.customers[0]?.name || callerName(caller) : "";
    this.all = kept(this.all, talk, ({ call, queue }) => new Writing(call, queue, name, caller?.caller ?? ""));
  }

  drop(call: string): void {
    this.all = this.all.filter((draft) => draft.call !== call);
  }
}
