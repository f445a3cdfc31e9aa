// An agent's day as lanes of stretches. Plain functions: no clock, no page.

import type { AgentState } from "../lib/types";

export interface Stretch {
  state: AgentState;
  reason: string;
  since: number;
  until: number;
}

export interface Talk {
  call: string;
  queue: string;
  since: number;
  until: number;
}

/** `GET /api/agents/{name}/timeline`. */
export interface TimelineNow {
  start: number;
  end: number;
  states: Stretch[];
  talks: Talk[];
}

export const LANES = ["ready", "talking", "wrap-up", "not ready", "calls"] as const;
export type Lane = (typeof LANES)[number];

/** A stretch in a lane: where it begins and how wide it is, in percent of the picture. */
export interface Bar {
  lane: Lane;
  left: number;
  width: number;
}

/** A line of the table. */
export interface Happened {
  since: number;
  until: number;
  stretch?: Stretch;
  talk?: Talk;
}

/** An agent who is asked is ready; one who is logged out is in no lane. */
function laneOf(state: AgentState): Lane | null {
  if (state === "offline") return null;
  return state === "reserved" || state === "ringing" ? "ready" : state;
}

/** What is shown: from the first log-in on. Null where there was none. */
export function shown(day: TimelineNow): { from: number; to: number } | null {
  const first = day.states.find((one) => one.state !== "offline");
  return first ? { from: first.since, to: day.end } : null;
}

export function bars(day: TimelineNow): Bar[] {
  const span = shown(day);
  if (!span || span.to <= span.from) return [];
  const scale = 100 / (span.to - span.from);
  const bar = (lane: Lane, since: number, until: number): Bar => {
    const from = Math.max(span.from, since);
    return { lane, left: (from - span.from) * scale, width: Math.max(0, until - from) * scale };
  };
  const made: Bar[] = [];
  for (const { state, since, until } of day.states) {
    const lane = laneOf(state);
    const last = made.at(-1);
    if (!lane || until <= span.from) continue;
    const next = bar(lane, since, until);
    // Ready, reserved and ringing in a row are one bar.
    if (last?.lane === lane && Math.abs(last.left + last.width - next.left) < 1e-6) last.width += next.width;
    else made.push(next);
  }
  const calls = day.talks.filter((one) => one.until > span.from).map((one) => bar("calls", one.since, one.until));
  return [...made, ...calls];
}

/** All that happened, the latest first. */
export function table(day: TimelineNow): Happened[] {
  const states = day.states.map((stretch): Happened => ({ since: stretch.since, until: stretch.until, stretch }));
  const talks = day.talks.map((talk): Happened => ({ since: talk.since, until: talk.until, talk }));
  return [...states, ...talks].sort((a, b) => b.since - a.since || Number(!!a.talk) - Number(!!b.talk));
}
