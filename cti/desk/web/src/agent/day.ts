import type { AgentState } from "../lib/types";

/** `GET /api/agents/{name}/day`: what an agent did since midnight. Seconds; shares from 0 to 1. */
export interface Day {
  states: { state: AgentState; reason: string; seconds: number; times: number }[];
  answered: number;
  missed: number;
  refused: number;
  talk_s: number;
  hold_s: number;
  wrap_up_s: number;
  aht_s: number | null;
  occupancy: number | null;
  within_target: number | null;
}

/** A share as a percentage; a dash for nothing. */
export function percent(share: number | null): string {
  return share === null ? "–" : `${Math.round(share * 100)}%`;
}
