// What is shown on the wall, from rows that the server tells. Plain functions: no clock, no page.

import { together, type Alert, type Figures, type FigureName } from "../lib/board";
import type { AgentState } from "../lib/types";

export type States = Partial<Record<AgentState, number>>;

export interface WallQueue {
  name: string;
  waiting: number;
  longest_since: number | null;
  today: Figures;
  recent: Figures;
  agents: States;
}

export interface Team {
  name: string;
  queues: string[];
  agents: States;
}

/** A line of the wall; `agents` is null where nobody is counted once: of several queues together. */
export interface Line {
  name: string;
  waiting: number;
  since: number | null;
  recent: Figures;
  today: Figures;
  agents: States | null;
  /** Figures that are beyond their limits. */
  beyond: FigureName[];
}

/** What the address asks for, such as `?queue=orders&team=sales`. */
export interface Wanted {
  queues: string[];
  teams: string[];
}

export function wanted(search: string): Wanted {
  const asked = new URLSearchParams(search);
  return { queues: asked.getAll("queue"), teams: asked.getAll("team") };
}

/** The names that are asked for and not there. */
export function unknown(asked: Wanted, queues: readonly WallQueue[], teams: readonly Team[]): string[] {
  return [
    ...asked.queues.filter((name) => !queues.some((one) => one.name === name)),
    ...asked.teams.filter((name) => !teams.some((one) => one.name === name)),
  ];
}

function sum(name: string, queues: readonly WallQueue[], agents: States | null, alerts: readonly Alert[]): Line {
  const since = queues.map((one) => one.longest_since).filter((at) => at !== null);
  const names = new Set(queues.map((one) => one.name));
  return {
    name,
    waiting: queues.reduce((total, one) => total + one.waiting, 0),
    since: since.length ? Math.min(...since) : null,
    recent: together(queues.map((one) => one.recent)),
    today: together(queues.map((one) => one.today)),
    agents,
    beyond: queues.length === 1 ? alerts.filter((one) => names.has(one.queue)).map((one) => one.figure) : [],
  };
}

/** The lines: a team's queues, then the team as a whole; else the queues asked for, or all, with a sum of several. */
export function lines(
  asked: Wanted,
  queues: readonly WallQueue[],
  teams: readonly Team[],
  alerts: readonly Alert[],
  all: string,
): Line[] {
  const byName = new Map(queues.map((one) => [one.name, one]));
  const found = (names: readonly string[]) => names.map((name) => byName.get(name)).filter((one) => one !== undefined);
  const chosenTeams = teams.filter((one) => asked.teams.includes(one.name));
  const none = !asked.queues.length && !asked.teams.length;
  const shown = none ? queues : found([...new Set([...asked.queues, ...chosenTeams.flatMap((one) => one.queues)])]);
  const each = shown.map((one) => sum(one.name, [one], one.agents, alerts));
  const whole = chosenTeams.map((one) => sum(one.name, found(one.queues), one.agents, alerts));
  if (whole.length) return [...each, ...whole];
  return each.length > 1 ? [...each, sum(all, shown, null, alerts)] : each;
}
