import type { RecordRow } from "../lib/types";

/** What an agent said of a talk. */
export interface Said {
  call: string;
  agent: string;
  at: number;
  disposition: string;
  notes: string;
}

/** `GET /api/records`. */
export interface Found {
  records: RecordRow[];
  next: string | null;
  dispositions: Said[];
}

/** What is looked for in one's own calls; empty is any. Days as a date field writes them. */
export interface Sought {
  text: string;
  from: string;
  to: string;
  disposition: string;
}

/** The query of a search. A day is by this browser's clock; the last one is looked through too. */
export function query(sought: Sought, limit: number, cursor: string | null): string {
  const wanted = new URLSearchParams({ limit: String(limit) });
  if (sought.text.trim()) wanted.set("text", sought.text.trim());
  if (sought.disposition) wanted.set("disposition", sought.disposition);
  if (sought.from) wanted.set("from", String(midnight(sought.from, 0)));
  if (sought.to) wanted.set("to", String(midnight(sought.to, 1)));
  if (cursor) wanted.set("cursor", cursor);
  return wanted.toString();
}

/** When a day begins, some days on: not every one has 24 hours. */
function midnight(day: string, on: number): number {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + on).getTime() / 1000;
}
