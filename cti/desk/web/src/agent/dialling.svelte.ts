import { api } from "../lib/api";
import { attempt } from "../lib/toasts.svelte";
import { dial } from "./control";
import { dialled, mayDial } from "./numbers";

/** Which numbers the site lets its agents call. */
export class Dialling {
  #allow: readonly string[] = $state.raw([]);

  constructor() {
    void attempt(async () => ({ allow: this.#allow } = await api<{ allow: string[] }>("GET", "/api/dialling")));
  }

  /** Whether there is any number that may be called. */
  get allowed(): boolean {
    return this.#allow.length > 0;
  }

  may(number: string): boolean {
    return mayDial(this.#allow, dialled(number));
  }

  /** Calls it. Whether that was begun. */
  call(number: string): Promise<boolean> {
    return dial(dialled(number));
  }
}
