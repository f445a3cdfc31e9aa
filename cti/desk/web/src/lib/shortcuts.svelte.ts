import { keep, kept } from "./kept";

export interface Shortcut {
  /** As KeyboardEvent.key says it: "r", "H" for Shift+H, "?". */
  key: string;
  label: string;
  run: () => unknown;
  /** Whether it does something now; left out, always. */
  when?: () => boolean;
  /** Whether it is of what is in a dialog, and does something there too. */
  inDialog?: boolean;
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
    const at = event.target instanceof Element ? event.target : null;
    // The space bar presses the button that has the focus.
    if (at?.closest(event.key === " " ? "input, textarea, select, button, summary" : "input, textarea, select")) return;
    // One that has just been closed has the focus for a moment still.
    const inDialog = !!at?.closest("dialog[open]");
    const fits = (one: Shortcut) => one.key === event.key && (!inDialog || one.inDialog) && (one.when?.() ?? true);
    const shortcut = this.list.find(fits);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  }
}

export const shortcuts = new Shortcuts();

const NAMES: Record<string, string> = { " ": "␣", ArrowLeft: "←", ArrowRight: "→" };

/** How a key is written for people. */
export function keyName(key: string): string {
  return NAMES[key] ?? (/^[A-Z]$/.test(key) ? `Shift+${key}` : key.toUpperCase());
}
