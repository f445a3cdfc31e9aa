// What the server says to supervisors beside the feed. Times are Unix seconds, durations seconds.

import type { Figures } from "../lib/board";
import type { AgentRow, CallRow, RecordRow } from "../lib/types";

/** What the feed does not say of a queue. */
export interface QueueNow {
  name: string;
  estimate_s: number | null;
  ready: number;
  logged_in: number;
}

export interface Callback {
  /** The call in which it was asked for, and the call that it will be. */
  id: string;
  call: string;
  number: string;
  queue: string;
  level: string;
  since: number;
  not_before: number;
  tries: number;
}

/** Why a call waits; `agents` gives each reason, and of how many it is true. */
export interface StillWaiting {
  queue: string;
  waited_s: number;
  effective_priority: number;
  position: number;
  estimate_s: number | null;
  step: number;
  steps: number;
  needs: string;
  next_step_s: number | null;
  waits_for: string;
  agents: Record<string, number>;
  ahead: string[];
}

export interface Decision {
  at: number;
  offer: string;
  agent: string;
  step: number;
  candidates: number;
  strategy: string;
  passed: Record<string, string>;
  came: string;
}

export interface Recording {
  stem: string;
  call: string;
  agent: string;
  started_at: number;
  state: string;
  length_s: number | null;
  box: string;
  /** When its lines and figures were made; null before. The figures are seconds. */
  processed_at?: number | null;
  caller_s?: number | null;
  agent_s?: number | null;
  silence_s?: number | null;
  talk_over_s?: number | null;
}

export type SegmentKind =
  | "menu" | "wait" | "park" | "ring" | "talk" | "hold" | "pause" | "consult" | "transfer" | "fallback";

export interface Segment {
  number: number;
  kind: SegmentKind;
  started_at: number;
  ended_at: number | null;
  agent: string;
  queue: string;
  detail: string;
  recording: string | null;
}

export interface CallRecord extends RecordRow {
  agent: string;
  dialled: string;
  ended_at: number | null;
  transferred_to: string;
  offers: number;
  /** The questions of a survey, and their scores. */
  scores: [string, number][];
}

export interface LeftMessage {
  recording: Recording & { call: string };
  caller: string;
  caller_name: string;
}

export type SwitchState = "open" | "closed" | "auto";

export interface SwitchNow {
  name: string;
  state: SwitchState;
}

/** An agent with what the board shows of the call he is on. */
export interface AgentLine extends AgentRow {
  caller: string;
  queue: string;
}

/** A queue with what the feed does not say of it, as soon as that is known. */
export interface QueueLine {
  name: string;
  waiting: number;
  callbacks: number;
  since: number | null;
  calls: CallRow[];
  now: QueueNow | undefined;
  today: Figures;
  /** Of the calls of this quarter-hour and the one before it. */
  recent: Figures;
}

/** What is opened beside the board. */
export interface Opened {
  kind: "call" | "callback" | "agent" | "record";
  id: string;
}

/** What is open beside a list, and what opens something; `go`: the focus goes there. */
export interface Opening {
  opened: Opened | null;
  open: (what: Opened, go: boolean) => void;
}
