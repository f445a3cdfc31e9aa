import { expect, test } from "vitest";

import { walked } from "./walked";

const made = (...choices: string[]) =>
  choices.map((choice) => ({ node: choice.split("=")[0] ?? "", value: choice.split("=")[1] ?? "" }));
const written = (path: string[], ...choices: string[]) =>
  walked(path, made(...choices)).map(({ node, values }) => [node, ...values].join("="));

test.each([
  [["main", "account", "orders"], ["main=1", "account=204815"], ["main=1", "account=204815", "orders"]],
  [["main", "back", "main"], ["main=9", "main=1"], ["main", "back", "main=9=1"]],
  [["account", "orders"], ["main=1", "account=7"], ["account=7", "orders"]],
  [["main", "orders"], [], ["main", "orders"]],
  [[], ["main=1"], []],
])("%j with %j is %j", (path, choices, steps) => {
  expect(written(path, ...choices)).toEqual(steps);
});
