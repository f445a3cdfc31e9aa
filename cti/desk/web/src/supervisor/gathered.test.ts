import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { gathered } from "./gathered";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("runs at once, and once more for all that was asked in the meantime", async () => {
  const work = vi.fn(async () => {});
  const ask = gathered(work, 1000);
  ask();
  expect(work).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 50; n++) ask();
  await vi.advanceTimersByTimeAsync(999);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
});

test("asks nothing by itself", async () => {
  const work = vi.fn(async () => {});
  gathered(work, 1000)();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(work).toHaveBeenCalledTimes(1);
});

test("never runs twice at the same time", async () => {
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 5000));
    running--;
  };
  const ask = gathered(work, 100);
  const asking = setInterval(ask, 50);
  await vi.advanceTimersByTimeAsync(30_000);
  clearInterval(asking);
  expect(most).toBe(1);
});
