import { expect, test } from "vitest";

import { momentOf, noted, sandbox } from "./pop";

test("a call is asked about when it rings and when it is answered, as the site wants it", () => {
  expect(momentOf({ offer: "offered" }, ["ring", "answer"])).toBeNull();
  expect(momentOf({ offer: "ringing" }, ["ring"])).toBe("ring");
  expect(momentOf({ offer: "ringing" }, ["answer"])).toBeNull();
  expect(momentOf({ offer: "connected" }, ["answer"])).toBe("answer");
  expect(momentOf({ offer: "connected" }, ["ring"])).toBe("answer");
  expect(momentOf({ offer: "connected" }, [])).toBeNull();
});

test("a call is noted once, and only the last ones are kept", () => {
  expect(noted(null, "a")).toBe("a");
  expect(noted("a b", "b")).toBeNull();
  const many = Array.from({ length: 50 }, (_, n) => `c${n}`).join(" ");
  expect(noted(many, "new")?.split(" ")).toHaveLength(50);
  expect(noted(many, "new")).not.toContain("c0 ");
});

test("an embedded page of our own server is kept out of our pages", () => {
  expect(sandbox("https://crm.example/x", "https://desk.example")).toContain("allow-same-origin");
  expect(sandbox("https://desk.example/x", "https://desk.example")).not.toContain("allow-same-origin");
});
