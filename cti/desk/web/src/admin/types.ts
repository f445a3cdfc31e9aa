// What the server says to administrators and auditors. Times are Unix seconds.

import type { Role } from "../lib/types";

export type PartState = "good" | "doubtful" | "bad";

/** A part of the server: how it is, since when, and what to do. */
export interface Part {
  part: string;
  state: PartState;
  since: number;
  seen: string;
  do: string;
}

export interface Health {
  parts: Part[];
  versions: Record<string, string>;
  started_at: number;
}

export interface Known {
  name: string;
  role: Role;
  phones: string[];
  browser_phone: string;
  skills: Record<string, number>;
  groups: string[];
  auto_answer: boolean;
}

export interface People {
  people: Known[];
  roles: Record<Role, string[]>;
}

export interface Setting {
  file: string;
  key: string;
  value: string;
}

export interface Configuration {
  settings: Setting[];
  versions: Record<string, string>;
}

export interface Problem {
  where: string;
  what: string;
}

/** What the files are like now; with problems they cannot be loaded. */
export interface Checked {
  problems: Problem[];
  changes: string[];
  restart: string[];
}

export type Result = "done" | "refused" | "failed";

export interface Entry {
  at: number;
  who: string;
  role: string;
  address: string;
  what: string;
  object: string;
  result: Result;
  detail: Record<string, string | number>;
}

export interface AuditPage {
  entries: { seq: number; entry: Entry }[];
  next: number | null;
}

/** A call that is kept whatever happens; `lifted_at` is null while it is. */
export interface Hold {
  id: string;
  call: string;
  reason: string;
  set_by: string;
  set_at: number;
  lifted_by: string;
  lifted_at: number | null;
}

/** What was erased: how much of each, the ids of cards, and the calls that holds keep. */
export interface Erased {
  calls: number;
  recordings: number;
  later: number;
  followups: number;
  comments: number;
  callbacks: number;
  cards: number[];
  held: string[];
}

/** An erasure that was made. `marks` are hashes of the erased numbers. */
export interface Erasure {
  id: string;
  at: number;
  by: string;
  marks: string[];
  report: Erased;
}
