import { expect, test } from "vitest";

import { hidden, hides } from "./hidden";

test("what is hidden is known by its stars", () => {
  for (const one of ["138****1234", "+4930***456", "138 **** 1234", "a***@example.com"]) expect(hidden({ caller: [one] })).toBe(true);
  for (const one of ["13800001234", "************1234", "*45", "anonymous", ""]) expect(hidden({ caller: one })).toBe(false);
});

test("who knows a number finds it, however it is written", () => {
  for (const one of ["13800001234", "+8613800001234", "138 0000 1234"]) expect(hides("+86138****1234", one)).toBe(true);
  expect(hides("138****1234", "+8613800001234")).toBe(true);
  for (const one of ["13800001235", "13900001234", "1234", "anna"]) expect(hides("138****1234", one)).toBe(false);
  expect(hides("13800001234", "13800001234")).toBe(false);
});
