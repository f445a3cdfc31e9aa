import { expect, test } from "vitest";
import { dialled, mayDial } from "./numbers";

test("what is there for the eye is not dialled", () => {
  expect(dialled("+49 (30) 123-45/6.7")).toBe("+49301234567");
});

test.each([
  ["5550123", true],
  ["555", true],
  ["55", false],
  ["112", true],
  ["1122", false],
])("%s may be called: %s", (number, may) => {
  expect(mayDial(["555*", "112"], number)).toBe(may);
});
