import { expect, test } from "vitest";

import { answerOf, latest, nextOpen, NOT_APPLICABLE, questionsOf, sent } from "./grading";
import type { Form } from "./types";

const YES_NO = [
  { name: "Yes", points: 1, fatal: false },
  { name: "No", points: 0, fatal: true },
];
const FORM: Form = {
  name: "f",
  title: "F",
  sections: [
    { name: "s", title: "S", weight: 40, questions: [{ name: "a", ask: "A?", answers: YES_NO, always: true }] },
    {
      name: "t",
      title: "T",
      weight: 60,
      questions: [
        { name: "b", ask: "B?", answers: YES_NO, always: false },
        { name: "c", ask: "C?", answers: YES_NO, always: true },
      ],
    },
  ],
};
const [a, b] = questionsOf(FORM) as [Form["sections"][0]["questions"][0], Form["sections"][0]["questions"][0]];

test("a key stands for an answer", () => {
  expect(answerOf(a, "1")).toBe("Yes");
  expect(answerOf(a, "2")).toBe("No");
  expect(answerOf(a, "3")).toBeUndefined();
  expect(answerOf(a, "0")).toBeUndefined();
  expect(answerOf(b, "0")).toBe(NOT_APPLICABLE);
});

test("one goes on to what is not answered", () => {
  const questions = questionsOf(FORM);
  expect(nextOpen(questions, { a: "Yes" }, 0)).toBe(1);
  expect(nextOpen(questions, { a: "Yes", c: "Yes" }, 2)).toBe(1);
  expect(nextOpen(questions, { b: "Yes", c: "Yes" }, 1)).toBe(0);
  expect(nextOpen(questions, { a: "Yes", b: "Yes", c: "Yes" }, 0)).toBe(1);
  expect(nextOpen(questions, { a: "Yes", b: "Yes", c: "Yes" }, 2)).toBe(2);
});

test("a comment that says nothing is not sent", () => {
  const good = { question: "a", text: "<b>good</b>", at_s: 3 };
  expect(sent({ a: "Yes" }, [good, { question: "", text: " \n", at_s: null }])).toEqual({
    answers: { a: "Yes" },
    remarks: [good],
  });
});

test("of what comes meanwhile the newest is kept", async () => {
  const kept: number[] = [];
  const doors: (() => void)[] = [];
  const keep = latest((value: number) => {
    kept.push(value);
    return new Promise<void>((open) => doors.push(open));
  });
  const done = [keep(1), keep(2), keep(3)];
  doors[0]!();
  await Promise.resolve();
  await Promise.resolve();
  doors[1]!();
  await Promise.all(done);
  expect(kept).toEqual([1, 3]);
});
