import { expect, test } from "vitest";

import { SPARE, moved, reveal, windowed } from "./windowed";

const ROW = 30;

test("the window and what stands for the rest are as high as the whole list, wherever it is scrolled", () => {
  for (const count of [0, 1, 7, 2100]) {
    for (let top = 0; top <= count * ROW + 500; top += 97) {
      const { first, last, above, below } = windowed(count, top, 400, ROW);
      expect(above + (last - first) * ROW + below).toBe(count * ROW);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(last).toBeLessThanOrEqual(count);
      expect(last - first).toBeLessThanOrEqual(Math.ceil(400 / ROW) + 1 + 2 * SPARE);
    }
  }
});

test("all that is seen is there", () => {
  for (let top = 0; top < 2100 * ROW - 400; top += 61) {
    const { first, last } = windowed(2100, top, 400, ROW);
    expect(first * ROW).toBeLessThanOrEqual(top);
    expect(last * ROW).toBeGreaterThanOrEqual(top + 400);
  }
});

test("a list of 2,100 puts few rows into the page", () => {
  const { first, last } = windowed(2100, 31_000, 600, ROW);
  expect(last - first).toBeLessThan(40);
});

test("a list that got shorter under its scroll position shows its end", () => {
  expect(windowed(3, 9000, 400, ROW)).toEqual({ first: 0, last: 3, above: 0, below: 0 });
});

test("a row is revealed by the least scrolling", () => {
  expect(reveal(5, 0, 330, ROW, 30)).toBe(0);
  expect(reveal(10, 0, 330, ROW, 30)).toBe(30);
  expect(reveal(2, 300, 330, ROW, 30)).toBe(60);
});

test("keys lead from row to row and never out of the list", () => {
  expect(moved("ArrowDown", -1, 3, 10)).toBe(0);
  expect(moved("ArrowDown", 2, 3, 10)).toBe(2);
  expect(moved("ArrowUp", 0, 3, 10)).toBe(0);
  expect(moved("PageDown", 0, 100, 10)).toBe(10);
  expect(moved("PageUp", 4, 100, 10)).toBe(0);
  expect(moved("End", 0, 100, 10)).toBe(99);
  expect(moved("Home", 50, 100, 10)).toBe(0);
  expect(moved("x", 0, 100, 10)).toBeNull();
  expect(moved("End", -1, 0, 10)).toBeNull();
});
