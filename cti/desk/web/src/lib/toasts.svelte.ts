/** What the page tells its user: what went well for a while, what went wrong until it is closed. */

const SHOWN_MS = 8_000;

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

export const toasts: Toast[] = $state([]);
let last = 0;

export function say(text: string, bad = false): void {
  const same = toasts.findIndex((toast) => toast.text === text);
  if (same >= 0) toasts.splice(same, 1);
  const id = ++last;
  toasts.push({ id, text, bad });
  if (!bad) setTimeout(() => unsay(id), SHOWN_MS);
}

export function unsay(id: number): void {
  const at = toasts.findIndex((toast) => toast.id === id);
  if (at >= 0) toasts.splice(at, 1);
}

export function unsayAll(): void {
  toasts.length = 0;
}

/** Runs what a button asks for; shows what went wrong. Undefined where it did. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), true);
    return undefined;
  }
}
