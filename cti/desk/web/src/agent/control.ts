import { api } from "../lib/api";
import { attempt } from "../lib/toasts.svelte";

/** With Shift, so that one slip of a finger ends no call. */
export const HANG_UP = "H";

/** Asks for something on a call; shows what went wrong. Whether it was asked. */
export async function ask(call: string, what: string, body?: unknown): Promise<boolean> {
  return !!(await attempt(() => api<unknown>("POST", `/api/calls/${encodeURIComponent(call)}/${what}`, body)));
}

export function hangUp(call: string): Promise<boolean> {
  return ask(call, "hangup");
}
