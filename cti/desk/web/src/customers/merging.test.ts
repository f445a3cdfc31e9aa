import { expect, test } from "vitest";

import { doubles, lines } from "./merging";
import type { Card } from "./types";

const card = (id: number, more: Partial<Card> = {}): Card => ({
  id, version: 1, changed_at: 0, name: "Ada", numbers: [], email: "", level: "", region: "", department: "", owner: "",
  notes: "", fields: {}, ...more,
});

test("there is a choice where both cards have something, and not the same", () => {
  const found = lines(
    card(1, { level: "gold", region: "North", fields: { Contract: "1" }, notes: "a" }),
    card(2, { level: "silver", region: "North", email: "a@b", fields: { Contract: "2", Shoe: "43" }, notes: "b" }),
  );
  expect(found.map(({ key, own, choice }) => [key, own, choice])).toEqual([
    ["name", false, false], ["email", false, false], ["level", false, true], ["region", false, false],
    ["Contract", true, true], ["Shoe", true, false],
  ]);
});

test("a double is each other card, once", () => {
  expect(doubles(card(1), [card(1), card(2), card(3), card(2)]).map(({ id }) => id)).toEqual([2, 3]);
});
