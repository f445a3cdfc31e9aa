// A search in the page's address, as `#records?queue=orders&from=1767225600&call=c1`. Plain functions.

/** What can be looked for, by the API's own names; `call` is the record that is open. */
export const TEXTS = ["text", "agent", "caller", "queue", "disposition"] as const;
export const TIMES = ["from", "to"] as const;
/** What is looked for less often: with numbers, but for what was said and the menu's node. */
export const MORE = [
  "said", "node", "min_length", "max_length", "min_wait", "max_score", "min_silence", "min_talk_over",
] as const;
export const FIELDS = [...TEXTS, ...TIMES, "outcome", ...MORE] as const;
export type Field = (typeof FIELDS)[number];
export type Sought = Partial<Record<Field, string>>;

/** The view that an address names. */
export function viewOf(hash: string): string {
  return hash.replace(/^#/, "").split("?")[0] ?? "";
}

function asked(hash: string): URLSearchParams {
  return new URLSearchParams(hash.split("?")[1] ?? "");
}

/** What an address looks for; null where it looks for nothing, not even for all. */
export function soughtIn(hash: string): Sought | null {
  const given = asked(hash);
  if (!hash.includes("?") || (given.size === 1 && given.has("call"))) return null;
  const found: Sought = {};
  for (const name of FIELDS) {
    const value = given.get(name);
    if (value) found[name] = value;
  }
  return found;
}

export function callIn(hash: string): string | null {
  return asked(hash).get("call");
}

/** The address of a search, with the record that is open in it. */
export function address(view: string, sought: Sought | null, call: string | null): string {
  const given = new URLSearchParams(sought ? queryOf(sought) : {});
  if (call) given.set("call", call);
  return `#${view}${sought || call ? "?" : ""}${given}`;
}

/** The query for the API. */
export function queryOf(sought: Sought): Record<string, string> {
  return Object.fromEntries(FIELDS.flatMap((name) => (sought[name] ? [[name, sought[name]]] : [])));
}

/** Unix seconds as a field of the page has them, by this browser's clock; and back. */
export function local(at: string | undefined): string {
  const seconds = Number(at);
  if (!at || !Number.isFinite(seconds)) return "";
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function seconds(written: string): string {
  const at = new Date(written).getTime() / 1000;
  return Number.isFinite(at) ? String(at) : "";
}
