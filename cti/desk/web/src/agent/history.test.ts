import { expect, test } from "vitest";

import { query } from "./history";

test("a search asks for what is wanted, whole days of this browser's zone among it", () => {
  const nothing = { text: " ", from: "", to: "", disposition: "" };
  expect(query(nothing, 20, null)).toBe("limit=20");
  const wanted = new URLSearchParams(
    query({ text: " a&b ", from: "2026-01-05", to: "2026-01-05", disposition: "Sold > New" }, 20, "1.5,c1"),
  );
  expect(Object.fromEntries(wanted)).toEqual({
    limit: "20",
    text: "a&b",
    disposition: "Sold > New",
    from: String(new Date(2026, 0, 5).getTime() / 1000),
    to: String(new Date(2026, 0, 6).getTime() / 1000),
    cursor: "1.5,c1",
  });
});
