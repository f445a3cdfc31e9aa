import { describe, expect, test } from "vitest";

import { hits, lineAt, linesOf, type Spoken } from "./transcript";

const words = (at: number, text: string) =>
  text.split(" ").map((word, n) => ({ text: ` ${word}`, start_s: at + n, end_s: at + n + 1 }));
const spoken: Spoken = {
  lines: [
    { side: "agent", words: words(1, "How may I help?") },
    { side: "caller", words: words(6, "My refund, the (refund)!") },
    { side: "agent", words: [{ text: "您", start_s: 12, end_s: 12.5 }, { text: "好", start_s: 12.5, end_s: 13 }] },
  ],
};

describe("a transcript", () => {
  test("what is looked for is a part of a word, in capitals or not, and has its moment", () => {
    const lines = linesOf(spoken, "REFUND  help 您好");
    expect(lines[1]!.parts).toEqual([
      { text: " My ", at: null }, { text: "refund", at: 7 }, { text: ", the (", at: null }, { text: "refund", at: 9 },
      { text: ")!", at: null },
    ]);
    expect(hits(lines)).toEqual([4, 7, 9, 12]);
  });

  test("marks are no patterns, and nothing is looked for without words", () => {
    expect(hits(linesOf(spoken, "(refund)! .* ["))).toEqual([9]);
    expect(hits(linesOf(spoken, "  "))).toEqual([]);
    expect(linesOf(spoken, "")[0]!.parts).toEqual([{ text: " How may I help?", at: null }]);
  });

  test("the line that is said", () => {
    const lines = linesOf(spoken, "");
    expect([0, 1, 5.4, 5.6, 8, 12.9, 99].map((second) => lineAt(lines, second))).toEqual([-1, 0, 0, -1, 1, 2, -1]);
  });
});
