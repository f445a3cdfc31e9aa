import { expect, test } from "vitest";

import type { Alert } from "../lib/board";
import { figure, inWords, ordered, percent } from "./alerts";

const alert = (id: string, since: number, more: Partial<Alert> = {}): Alert => ({
  id, queue: "orders", figure: "waiting", above: 10, value: 12, since, cleared: null, seen_by: "", ...more,
});

test("a limit is said as its figure is counted", () => {
  expect(inWords(alert("a", 1))).toBe("orders: calls waiting above 10");
  expect(inWords(alert("a", 1, { figure: "longest wait", above: 120 }))).toBe("orders: longest wait above 2:00");
  const { above: _, ...level } = alert("a", 1, { figure: "service level of offered", below: 0.8 });
  expect(inWords(level)).toBe("orders: service level of those offered below 80%");
  expect(figure("mean wait", 61)).toBe("1:01");
  expect(percent(null)).toBe("–");
});

test("what nobody looks after comes first, the oldest of it at the top", () => {
  const list = [alert("b", 5), alert("c", 1, { seen_by: "sue" }), alert("d", 3), alert("a", 5)];
  expect(ordered(list).map((one) => one.id)).toEqual(["d", "a", "b", "c"]);
});
