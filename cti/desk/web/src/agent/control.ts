import { api } from "../lib/api";
import { t } from "../lib/i18n.svelte";
import { attempt, say } from "../lib/toasts.svelte";

/** With Shift, so that one slip of a finger ends no call. */
export const HANG_UP = "H";

/** Asks for something on a call; shows what went wrong. Whether it was asked. */
export async function ask(call: string, what: string, body?: unknown): Promise<boolean> {
  return !!(await attempt(() => api<unknown>("POST", `/api/calls/${encodeURIComponent(call)}/${what}`, body)));
}

export function hangUp(call: string): Promise<boolean> {
  return ask(call, "hangup");
}

/** Calls a number: one's own phone rings first. Whether that was begun. */
export async function dial(number: string): Promise<boolean> {
  let begun = false;
  await attempt(async () => {
    await api("POST", "/api/calls", { number });
    begun = true;
    say(t("dial.rings", { number }));
  });
  return begun;
}
