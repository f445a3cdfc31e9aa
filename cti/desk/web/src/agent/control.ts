import { api } from "../lib/api";
import { attempt } from "../lib/toasts.svelte";

/** With Shift, so that one slip of a finger ends no call. */
export const HANG_UP = "H";

export function hangUp(call: string): Promise<unknown> {
  return attempt(() => api("POST", `/api/calls/${call}/hangup`));
}
