import { keep, kept } from "./kept";

export interface Shortcut {
  /** As KeyboardEvent.key says it: "r", "H" for Shift+H, "?". */
  key: string;
  label: string;
  run: () => unknown;
  /** Whether it does something now; left out, always. */
  when?: () => boolean;
}

/** The single-key shortcuts of a page. They can be switched off (WCAG 2.1.4). */
class Shortcuts {
  list: Shortcut[] = $state.raw([]);
  /** The same: where an effect is torn down, Svelte reads what the state was before. */
  #all: Shortcut[] = [];
  on: boolean = $state(kept("shortcuts") !== "off");

  /** Adds shortcuts; gives a way to take them out again, fit to be returned from an `$effect`. */
  add(...shortcuts: Shortcut[]): () => void {
    this.list = this.#all = [...this.#all, ...shortcuts];
    return () => (this.list = this.#all = this.#all.filter((one) => !shortcuts.includes(one)));
  }

  switch(on: boolean): void {
    this.on = on;
    keep("shortcuts", on ? "on" : "off");
  }

  /** Runs the shortcut of a key that was pressed outside fields and dialogs. */
  press(event: KeyboardEvent): void {
    if (!this.on || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog")) return;
    const shortcut = this.list.find((one) => one.key === event.key && (one.when?.() ?? true));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  }
}

export const shortcuts = new Shortcuts();

/** How a key is written for people. */
export function keyName(key: string): string {
  return /^[A-Z]$/.test(key) ? `Shift+${key}` : key.toUpperCase();
}
