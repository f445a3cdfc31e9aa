import { expect, test } from "vitest";

import { together, type Alert } from "../lib/board";
import { lines, unknown, wanted, type Team, type WallQueue } from "./wall";

const figures = (answered: number, in_time: number) => ({ ...together([]), offered: answered, answered, in_time });
const queue = (name: string, waiting: number, longest_since: number | null): WallQueue => ({
  name, waiting, longest_since, today: figures(10, 5), recent: figures(2, 2), agents: { ready: 1 },
});
const queues = [queue("orders", 2, 100), queue("support", 1, 50), queue("other", 0, null)];
const teams: Team[] = [{ name: "sales", queues: ["orders", "other"], agents: { talking: 3 } }];
const alert: Alert = { id: "a", queue: "orders", figure: "waiting", above: 1, value: 2, since: 1, cleared: null, seen_by: "" };
const shown = (search: string) => lines(wanted(search), queues, teams, [alert], "All");

test("without a choice all queues hang there, and their sum", () => {
  expect(shown("").map((line) => line.name)).toEqual(["orders", "support", "other", "All"]);
  expect(shown("").at(-1)).toMatchObject({ waiting: 3, since: 50, agents: null, today: { service_level_offered: 0.5 }, beyond: [] });
});

test("one queue is one line, with its alerts", () => {
  expect(shown("?queue=orders")).toMatchObject([{ name: "orders", beyond: ["waiting"], agents: { ready: 1 } }]);
});

test("a team is its queues, then itself with its own agents", () => {
  const team = shown("?team=sales");
  expect(team.map((line) => line.name)).toEqual(["orders", "other", "sales"]);
  expect(team.at(-1)).toMatchObject({ waiting: 2, agents: { talking: 3 } });
});

test("a queue that is asked for twice is there once", () => {
  expect(shown("?team=sales&queue=orders").map((line) => line.name)).toEqual(["orders", "other", "sales"]);
});

test("what is not there is named", () => {
  expect(unknown(wanted("?queue=orders&queue=gone&team=lost"), queues, teams)).toEqual(["gone", "lost"]);
  expect(shown("?queue=gone")).toEqual([]);
});
