// The day's quarter-hours as charts show them. Plain functions: no clock, no page.

import type { Figures } from "../lib/board";

/** What came of the calls that came in a quarter-hour, which begins at `at`, in Unix seconds. */
export interface Quarter extends Figures {
  at: number;
}

export interface DayNow {
  start: number;
  end: number;
  quarter_s: number;
  quarters: Quarter[];
}

/** So many quarter-hours are shown at least: two hours. */
export const LEAST = 8;

/** The quarter-hours from the one before the first call on, and at least the last of them; none without calls. */
export function busy(quarters: readonly Quarter[]): Quarter[] {
  const first = quarters.findIndex((one) => one.offered + one.abandoned_short > 0);
  if (first < 0) return [];
  return quarters.slice(Math.max(0, Math.min(first - 1, quarters.length - LEAST)));
}

/** The columns of a chart: the times, then each figure; null where there is none. */
export function columns(quarters: readonly Quarter[], ...figures: ((one: Quarter) => number | null)[]): (number | null)[][] {
  return [quarters.map((one) => one.at), ...figures.map((figure) => quarters.map(figure))];
}
