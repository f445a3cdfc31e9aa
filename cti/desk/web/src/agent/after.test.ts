import { describe, expect, test } from "vitest";

import { content, kept, paths, results, unsaved, type Draft, type Talk } from "./after";
import { inHours, local, overdue, type FollowUp } from "./followups";

const TREE = [
  { name: "Sold", under: [{ name: "New", under: [] }, { name: "Known", under: [] }] },
  { name: "No interest", under: [] },
];
const begin = (talk: Talk): Draft => ({ ...talk, name: "Ada", number: "5550123", result: null, typed: "", notes: "", saved: "" });

describe("after a talk", () => {
  const [talk, next] = [{ call: "c1", queue: "orders" }, { call: "c2", queue: "orders" }];
  const begun = () => kept([], talk, begin);

  test("results are the ends of the tree, with the way to them", () => {
    expect(results(TREE).map(({ text }) => text)).toEqual(["Sold > New", "Sold > Known", "No interest"]);
    expect(results(TREE)[0]?.path).toEqual(["Sold", "New"]);
    expect(paths(TREE)).toEqual(["Sold", "Sold > New", "Sold > Known", "No interest"]);
  });

  test("a draft begins with the talk, and goes with it if nothing was written", () => {
    expect(begun()).toMatchObject([{ call: "c1", name: "Ada", notes: "" }]);
    expect(kept(begun(), talk, begin)).toEqual(begun());
    expect(kept(begun(), next, begin).map(({ call }) => call)).toEqual(["c2"]);
    expect(kept(begun(), null, begin)).toEqual([]);
  });

  test.each<Partial<Draft>>([
    { notes: "two of them" },
    { result: results(TREE)[0] ?? null },
    { typed: "so" },
  ])("what is not saved stays: %j", (written) => {
    const drafts = begun().map((draft) => ({ ...draft, ...written }));
    expect(drafts.every(unsaved)).toBe(true);
    expect(kept(drafts, next, begin).map(({ call }) => call)).toEqual(["c2", "c1"]);
    const saved = drafts.map((draft) => ({ ...draft, typed: "", saved: content(draft) }));
    expect(kept(saved, next, begin).map(({ call }) => call)).toEqual(["c2"]);
  });
});

describe("follow-ups", () => {
  const one = (at: number, done_at: number | null = null) => ({ id: "f1", at, done_at }) as FollowUp;

  test("are overdue from their time on, until they are done", () => {
    expect([one(99), one(100), one(101), one(99, 99)].map((followup) => overdue(followup, 100))).toEqual([
      true, true, false, false,
    ]);
  });

  test("a time is written as a field for it wants it, in this browser's zone", () => {
    const noon = new Date(2026, 0, 5, 12, 30, 59);
    expect(local(noon)).toBe("2026-01-05T12:30");
    expect(new Date(local(noon)).getTime()).toBe(new Date(2026, 0, 5, 12, 30).getTime());
    expect(local(inHours(noon, 24))).toBe("2026-01-06T12:30");
  });
});
