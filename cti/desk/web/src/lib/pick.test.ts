import { describe, expect, test } from "vitest";

import { allowed, places } from "../agent/places";
import { matching } from "./pick";

const texts = (found: { text: string }[]) => found.map(({ text }) => text);

describe("what is typed", () => {
  const options = ["Not sold > Price", "Sold > New", "Sold > Known", "Price list sent", "Überweisung"].map((text) => ({
    key: text,
    text,
  }));

  test.each([
    ["", ["Not sold > Price", "Sold > New", "Sold > Known", "Price list sent", "Überweisung"]],
    ["pri", ["Price list sent", "Not sold > Price"]],
    ["sold n", ["Not sold > Price", "Sold > New", "Sold > Known"]],
    ["KNOWN", ["Sold > Known"]],
    ["über", ["Überweisung"]],
    ["(.*", []],
  ])("%j finds %j", (typed, found) => {
    expect(texts(matching(options, typed))).toEqual(found);
  });
});

describe("where a caller may be sent", () => {
  const there = {
    queues: ["orders"],
    agents: [{ name: "bob", state: "ready" as const }, { name: "ann", state: "talking" as const }],
    flows: ["pin"],
    back: [],
    numbers: ["770001", "+4930*"],
  };

  test("are queues, agents, those who are ready first, menus, and whole numbers", () => {
    expect(texts(places(there, ""))).toEqual(["orders", "bob", "ann", "pin", "770001"]);
  });

  test("a number typed is one if the list has it, however it is written", () => {
    expect(texts(places(there, "+49 (30) 12-34"))).toEqual(["+49301234"]);
    expect(texts(places(there, "770001"))).toEqual(["770001"]);
    expect(places(there, "+4930")).toEqual([]);
    expect(allowed("+49301", there.numbers)).toBe(true);
    expect(allowed("770001&Local/1", there.numbers)).toBe(false);
  });

  test("each says what to ask the server for", () => {
    expect(places(there, "pin").map(({ to }) => to)).toEqual([{ flow: "pin" }]);
  });
});
