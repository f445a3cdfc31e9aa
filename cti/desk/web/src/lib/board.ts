/** What the server says to supervisors' boards, as its feed documents it. Times are Unix seconds. */

/** What came of some calls to a queue; null where there is nothing to divide by. */
export interface Figures {
  offered: number;
  answered: number;
  in_time: number;
  abandoned: number;
  abandoned_short: number;
  moved: number;
  service_level_answered: number | null;
  service_level_offered: number | null;
  wait_mean_s: number | null;
}

export type FigureName =
  | "waiting" | "longest wait" | "abandoned" | "service level of answered" | "service level of offered" | "mean wait"
  | "room for recordings";

/** A figure that is beyond its limit; `cleared` when it no longer is. */
export interface Alert {
  id: string;
  queue: string;
  figure: FigureName;
  above?: number;
  below?: number;
  value: number;
  since: number;
  cleared: number | null;
  /** The supervisor who looks after it. */
  seen_by: string;
}

/** A recording that is not whole; `silent` names the sides without sound: caller, agent, caller+agent. */
export interface FaultyRecording {
  stem: string;
  call: string;
  agent: string;
  started_at: number;
  state: "short" | "silent" | "unreadable" | "missing";
  silent: string;
  length_s: number | null;
  talk_s: number | null;
}

/** A text for agents, shown until `until`. `seen`: for supervisors who has seen it, for an agent whether he has. */
export interface Announcement {
  id: string;
  text: string;
  by: string;
  at: number;
  until: number;
  seen: string[] | boolean;
  /** For supervisors: whose agents, and which; null for all. */
  queue?: string;
  agents?: string[] | null;
}

/** Figures of several queues together. Ratios are of sums, not means of ratios. */
export function together(all: readonly Figures[]): Figures {
  const sum = (of: (one: Figures) => number) => all.reduce((total, one) => total + of(one), 0);
  const answered = sum((one) => one.answered);
  const in_time = sum((one) => one.in_time);
  const abandoned = sum((one) => one.abandoned);
  const moved = sum((one) => one.moved);
  const over = answered + abandoned + moved;
  return {
    offered: sum((one) => one.offered),
    answered,
    in_time,
    abandoned,
    abandoned_short: sum((one) => one.abandoned_short),
    moved,
    service_level_answered: answered ? in_time / answered : null,
    service_level_offered: over ? in_time / over : null,
    wait_mean_s: answered ? sum((one) => (one.wait_mean_s ?? 0) * one.answered) / answered : null,
  };
}
