import { expect, test } from "vitest";
import { en } from "./words";

test("each key is in one file", () => {
  const files: Record<string, { en: object }> = import.meta.glob(["./*.ts", "!./words*.ts", "!./reasons.ts"], { eager: true });
  const keys = Object.values(files).flatMap((words) => Object.keys(words.en));
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at);
  expect(twice).toEqual([]);
  expect(keys.length).toBe(Object.keys(en).length);
});
