import { expect, test } from "vitest";

import { together, type Figures } from "./board";

const none: Figures = together([]);
const one = (answered: number, in_time: number, abandoned: number, wait_mean_s: number | null): Figures => ({
  ...none, offered: answered + abandoned, answered, in_time, abandoned, wait_mean_s,
});

test("levels and waits of several queues are weighed by their calls", () => {
  const both = together([one(9, 9, 0, 10), one(1, 0, 10, 110)]);
  expect(both.service_level_answered).toBe(0.9);
  expect(both.service_level_offered).toBe(9 / 20);
  expect(both.wait_mean_s).toBe(20);
  expect(both.offered).toBe(20);
});

test("nothing has no level", () => {
  expect(none.service_level_offered).toBeNull();
  expect(together([one(0, 0, 2, null)])).toMatchObject({ service_level_answered: null, service_level_offered: 0, wait_mean_s: null });
});
