import { expect, test } from "vitest";

import { together } from "../lib/board";
import { LEAST, busy, columns, type Quarter } from "./day";

const quarters = (...offered: number[]): Quarter[] =>
  offered.map((calls, at) => ({ ...together([]), at: at * 900, offered: calls, abandoned: calls ? 1 : 0 }));

test("the chart begins before the first call", () => {
  const day = quarters(...Array<number>(32).fill(0), 3, ...Array<number>(20).fill(1));
  expect(busy(day).map((one) => one.offered).slice(0, 2)).toEqual([0, 3]);
  expect(busy(day)).toHaveLength(22);
});

test("a day that has just begun shows what there is, and a late first call two hours", () => {
  expect(busy(quarters(1, 0))).toHaveLength(2);
  expect(busy(quarters(...Array<number>(40).fill(0), 1))).toHaveLength(LEAST);
  expect(busy(quarters(0, 0, 0))).toEqual([]);
});

test("one whose every caller hung up at once had calls all the same", () => {
  const [quiet, short] = quarters(0, 0);
  expect(busy([quiet!, { ...short!, abandoned_short: 2 }])).toHaveLength(2);
});

test("columns are times, then figures", () => {
  expect(columns(quarters(2, 0), (one) => one.offered, (one) => one.wait_mean_s)).toEqual([[0, 900], [2, 0], [null, null]]);
});
