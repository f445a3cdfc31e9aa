import { expect, test } from "vitest";

import { NO_FILTER, filtered, sorted, turned, type Column } from "./rows";

interface Agent {
  name: string;
  since: number | null;
  queue: string | null;
}

const agents: Agent[] = [
  { name: "agent 10", since: 5, queue: "sales" },
  { name: "agent 9", since: null, queue: null },
  { name: "Zoë", since: 5, queue: "help" },
  { name: "alice", since: 1, queue: "sales" },
];
const columns: Column<Agent>[] = [
  { id: "name", label: "Agent", value: (agent) => agent.name, width: 1 },
  { id: "since", label: "For", value: (agent) => agent.since, width: 1 },
];
const by = (column: string, down = false) =>
  sorted(agents, columns, { column, down }, (agent) => agent.name).map((agent) => agent.name);
const seen = (agent: Agent) => ({ texts: [agent.name, agent.queue], state: agent.since ? "ready" : "offline", queue: agent.queue });
const found = (filter: object) => filtered(agents, { ...NO_FILTER, ...filter }, seen).map((agent) => agent.name);

test("names sort as people count, whatever their case", () => {
  expect(by("name")).toEqual(["agent 9", "agent 10", "alice", "Zoë"]);
  expect(by("name", true)).toEqual(["Zoë", "alice", "agent 10", "agent 9"]);
});

test("what is not there is last both ways, and equal rows keep the order of their names", () => {
  expect(by("since")).toEqual(["alice", "agent 10", "Zoë", "agent 9"]);
  expect(by("since", true)).toEqual(["agent 10", "Zoë", "alice", "agent 9"]);
});

test("a column that is not there leaves the order of the names", () => {
  expect(by("nothing")).toEqual(["agent 9", "agent 10", "alice", "Zoë"]);
});

test("sorting changes nothing in the rows it is given", () => {
  const before = [...agents];
  by("since");
  expect(agents).toEqual(before);
});

test("a head pressed twice turns the order", () => {
  const once = turned({ column: "name", down: false }, "since");
  expect(once).toEqual({ column: "since", down: false });
  expect(turned(once, "since")).toEqual({ column: "since", down: true });
});

test("each word of the text is somewhere in the row", () => {
  expect(found({ text: " SALES  ali" })).toEqual(["alice"]);
  expect(found({ text: "zoe" })).toEqual(["Zoë"]);
  expect(found({ text: "ＡＬＩＣＥ" })).toEqual(["alice"]);
  expect(found({ text: "sales help" })).toEqual([]);
});

test("a word is not found across two fields", () => {
  expect(found({ text: "alicesales" })).toEqual([]);
});

test("state and queue narrow further", () => {
  expect(found({ state: "offline" })).toEqual(["agent 9"]);
  expect(found({ queue: "sales", text: "agent" })).toEqual(["agent 10"]);
  expect(found({})).toHaveLength(agents.length);
});

test("2,100 rows are all there, in order", () => {
  const many = Array.from({ length: 2100 }, (_, n) => ({ name: `agent ${(n * 7919) % 2100}`, since: n % 60, queue: "sales" }));
  const rows = filtered(many, { ...NO_FILTER, text: "agent" }, seen);
  const ordered = sorted(rows, columns, { column: "name", down: false }, (agent) => agent.name);
  expect(ordered.map((agent) => agent.name)).toEqual(many.map((_, n) => `agent ${n}`));
});
