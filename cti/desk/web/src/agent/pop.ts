// What of the site's own CRM a page opens for a call. Plain functions: no page.

import type { CallRow } from "../lib/types";

export type Moment = "ring" | "answer";

/** What to open. `fields` is the form to be sent with POST. */
export interface Pop {
  url: string;
  show: "embedded" | "tab";
  method: "GET" | "POST";
  fields: [string, string][];
}

/** The moment at which a call is, if something may be opened then; null for none. */
export function momentOf(call: Pick<CallRow, "offer">, moments: readonly Moment[]): Moment | null {
  const now = call.offer === "connected" ? "answer" : call.offer === "ringing" || call.offer === "accepted" ? "ring" : null;
  // Who comes to the page in the midst of a talk has what was to be opened at the ring, too.
  return now && (moments.includes(now) || (now === "answer" && moments.length > 0)) ? now : null;
}

const KEPT = 50;

/** The calls that were popped, and this one; null where it was before. `kept` are ids, joined by spaces. */
export function noted(kept: string | null, call: string): string | null {
  const ids = (kept ?? "").split(" ").filter(Boolean);
  return ids.includes(call) ? null : [...ids, call].slice(-KEPT).join(" ");
}

/** What an embedded page may do. One of this very server is kept out of our own pages. */
export function sandbox(url: string, here: string): string {
  const may = ["allow-scripts", "allow-forms", "allow-popups", "allow-popups-to-escape-sandbox", "allow-downloads"];
  return [...may, ...(new URL(url).origin === here ? [] : ["allow-same-origin"])].join(" ");
}

/** Sends the fields as a form of this document, to a frame or tab of this name. */
export function post(page: Document, pop: Pop, target: string): void {
  const form = page.createElement("form");
  form.method = "post";
  form.action = pop.url;
  form.target = target;
  for (const [name, value] of pop.fields) {
    const field = page.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  page.body.append(form);
  form.submit();
  form.remove();
}

/** Opens it in a tab of its own, which does not know us. False where the browser lets no tab be opened. */
export function openTab(pop: Pop): boolean {
  const tab = window.open("about:blank");
  if (!tab) return false;
  tab.opener = null;
  if (pop.method === "POST") post(tab.document, pop, "_self");
  else tab.location.replace(pop.url);
  return true;
}
