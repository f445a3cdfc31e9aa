import { expect, test } from "vitest";

import { daysOf, series, type Line } from "./reports";

const line = (name: string, start: number, offered: number, wait_mean_s: number | null): Line => ({
  name, start, end: start + 900, figures: { offered, wait_mean_s },
});

test("weeks begin on Monday, and months may go over the year's end", () => {
  const sunday = new Date(2026, 0, 4, 23, 59);
  expect(daysOf("today", sunday)).toEqual(["2026-01-04", "2026-01-05"]);
  expect(daysOf("week", sunday)).toEqual(["2025-12-29", "2026-01-05"]);
  expect(daysOf("lastWeek", sunday)).toEqual(["2025-12-22", "2025-12-29"]);
  expect(daysOf("lastMonth", sunday)).toEqual(["2025-12-01", "2026-01-01"]);
});

test("a chart has the names with most calls, and gaps where there were none", () => {
  const lines = [line("a", 900, 1, 5), line("b", 900, 9, 7), line("b", 1800, 1, null), ..."cdef".split("").map((name) => line(name, 1800, 2, 1))];
  const { names, data } = series(lines, "wait_mean_s");
  expect(names).toEqual(["b", "c", "d", "e"]);
  expect(data.slice(0, 3)).toEqual([[900, 1800], [7, null], [null, 1]]);
});
