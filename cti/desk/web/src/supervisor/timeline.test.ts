import { expect, test } from "vitest";

import type { AgentState } from "../lib/types";
import { bars, shown, table, type TimelineNow } from "./timeline";

function day(states: [AgentState, number][], end: number, ...talks: [number, number][]): TimelineNow {
  return {
    start: 0,
    end,
    states: states.map(([state, since], at) => ({ state, reason: "", since, until: states[at + 1]?.[1] ?? end })),
    talks: talks.map(([since, until]) => ({ call: "c", queue: "orders", since, until })),
  };
}

test("lanes begin with the first log-in, and what follows in one lane is one bar", () => {
  const of = day([["offline", 0], ["ready", 100], ["ringing", 120], ["talking", 150], ["wrap-up", 175]], 200, [150, 175]);
  expect(shown(of)).toEqual({ from: 100, to: 200 });
  expect(bars(of)).toEqual([
    { lane: "ready", left: 0, width: 50 },
    { lane: "talking", left: 50, width: 25 },
    { lane: "wrap-up", left: 75, width: 25 },
    { lane: "calls", left: 50, width: 25 },
  ]);
});

test("a lane that is left and entered again has two bars, with what is between them free", () => {
  const made = bars(day([["ready", 0], ["offline", 50], ["ready", 75]], 100));
  expect(made.map((one) => [one.left, one.width])).toEqual([[0, 50], [75, 25]]);
});

test("who was never there has no picture", () => {
  expect(shown(day([["offline", 0]], 100))).toBeNull();
  expect(bars(day([], 100))).toEqual([]);
});

test("the table has all, the latest first", () => {
  const all = table(day([["ready", 0], ["talking", 10]], 30, [10, 20]));
  expect(all.map((one) => one.stretch?.state ?? one.talk?.queue)).toEqual(["talking", "orders", "ready"]);
});
