// Reports as they are asked for and shown. Plain functions: no clock, no page.

import type { Key } from "../i18n/words";

export const BY = ["queue", "agent", "team", "node", "number"] as const;
export type By = (typeof BY)[number];
export const PERIODS = ["today", "yesterday", "week", "lastWeek", "month", "lastMonth", "own"] as const;
export type Period = (typeof PERIODS)[number];
export const EACH = ["", "quarter", "hour", "day", "week", "month"] as const;
export type Each = (typeof EACH)[number];

export interface Head {
  name: string;
  unit: "count" | "seconds" | "share" | "score";
  formula: string;
}

/** The figures of a name, empty for all together, from `start` until `end`, in Unix seconds. */
export interface Line {
  name: string;
  start: number;
  end: number;
  figures: Record<string, number | null>;
}

export interface Report {
  by: By;
  /** Whose clock is meant; empty for this machine's. */
  zone: string;
  heads: Head[];
  lines: Line[];
  total: Line;
}

/** What is shown at first; the rest when it is asked for. */
export const FIRST: Record<By, string[]> = {
  queue: [
    "offered", "answered", "abandoned", "connection_rate", "service_level_offered", "wait_mean_s", "wait_p90_s", "aht_s",
    "first_contact_resolution", "satisfaction_rate",
  ],
  agent: ["talks", "aht_s", "talk_mean_s", "hold_mean_s", "wrap_up_mean_s", "share_taken", "occupancy", "adherence", "efficiency", "satisfaction_rate"],
  team: ["talks", "aht_s", "talk_mean_s", "hold_mean_s", "wrap_up_mean_s", "share_taken", "occupancy", "adherence", "efficiency", "satisfaction_rate"],
  node: ["visits", "gave_up", "gave_up_here", "contained", "ended_here"],
  number: ["calls", "offered", "answered", "connection_rate", "contained", "containment", "gave_up", "give_up_rate"],
};

/** So many names have a line of their own in the chart. */
export const LINES = 4;

/** The days of a period, as `2026-05-01`; the second is not included. `today` is any moment of the day. */
export function daysOf(period: Exclude<Period, "own">, today: Date): [string, string] {
  const day = (from: number) => new Date(today.getFullYear(), today.getMonth(), today.getDate() + from);
  const month = (from: number) => new Date(today.getFullYear(), today.getMonth() + from, 1);
  const monday = -((today.getDay() + 6) % 7);
  const found: Record<Exclude<Period, "own">, [Date, Date]> = {
    today: [day(0), day(1)],
    yesterday: [day(-1), day(0)],
    week: [day(monday), day(monday + 7)],
    lastWeek: [day(monday - 7), day(monday)],
    month: [month(0), month(1)],
    lastMonth: [month(-1), month(0)],
  };
  const [from, to] = found[period];
  return [written(from), written(to)];
}

function written(day: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The words of a figure. */
export function wordOf(name: string): Key {
  return `reports.fig.${name}` as Key;
}

/** What a chart shows of a figure over time: the names, those with most calls first, and their values. */
export function series(lines: readonly Line[], figure: string): { names: string[]; data: (number | null)[][] } {
  const times = [...new Set(lines.map((one) => one.start))].sort((a, b) => a - b);
  const weight = new Map<string, number>();
  for (const one of lines) weight.set(one.name, (weight.get(one.name) ?? 0) + (Object.values(one.figures)[0] ?? 0));
  const names = [...weight.keys()].sort((a, b) => weight.get(b)! - weight.get(a)! || (a < b ? -1 : 1)).slice(0, LINES);
  const at = new Map(lines.map((one) => [`${one.start} ${one.name}`, one.figures[figure] ?? null]));
  return { names, data: [times, ...names.map((name) => times.map((time) => at.get(`${time} ${name}`) ?? null))] };
}
