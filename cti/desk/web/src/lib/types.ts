import type { Figures } from "./board";

/** What the server says, as its API and feed document it. Times are Unix seconds. */

export type Role = "agent" | "supervisor" | "auditor" | "admin" | "system";

/** A log-in that goes on. Times are Unix seconds; `here` is that of this page. */
export interface Session {
  id: string;
  name: string;
  begun_at: number;
  used_at: number;
  ends_at: number;
  address: string;
  browser: string;
  here: boolean;
}

export interface Me {
  name: string;
  role: Role;
  /** Whether there is a phone to listen in with. */
  phone: boolean;
  /** When numbers are seen whole that are not of one's own calls: each as those before it, and besides. */
  numbers: "never" | "asked" | "opened" | "always";
}

export type AgentState = "offline" | "ready" | "reserved" | "ringing" | "talking" | "wrap-up" | "not ready";

/** The states one may ask for. */
export type AskedState = "ready" | "not ready" | "offline";

/** An agent in the feed. */
export interface AgentRow {
  name: string;
  state: AgentState;
  since: number;
  reason: string;
  call: string | null;
}

/** An agent as `/api/agents` has him: what the feed doesn't say is here too. */
export interface AgentNow extends AgentRow {
  after_call: AskedState | null;
  until: number | null;
  phone: string;
  phones: string[];
  skills: Record<string, number>;
  groups: string[];
  /** The call talked on last, or now; with `owes` its disposition must be given before the next. */
  last_call: string | null;
  last_queue: string;
  owes: boolean;
}

/** A queue in the feed. */
export interface QueueRow {
  name: string;
  waiting: number;
  calls: string[];
  longest_since: number | null;
  today: Figures;
  recent: Figures;
}

export type Place = "menu" | "queue" | "talk" | "transfer" | "fallback" | "ended";
export type OfferState = "offered" | "ringing" | "accepted" | "connected";
export type MonitorMode = "listen" | "whisper" | "barge";

/** A customer's card, as short as it is beside a call. */
export interface Customer {
  /** A number where the card is kept here, else the text that the site's own system has for it. */
  id: number | string;
  name: string;
  level: string;
  region: string;
  department: string;
  /** An agent's name. */
  owner: string;
  notes: string;
}

/** A party whom an agent has asked about the caller; `joined`: he talks with both. */
export interface PartyRow {
  /** By which he is there. */
  offer: string;
  agent: string;
  /** Outside; the agent is empty then. */
  number: string;
  state: OfferState;
  joined: boolean;
}

/** A live call in the feed: the caller's card. */
export interface CallRow {
  id: string;
  caller: string;
  caller_name: string;
  /** Out where we called, and the caller is who was called. */
  direction: "in" | "out";
  dialled: string;
  arrived_at: number;
  place: Place;
  flow: string;
  path: string[];
  choices: { node: string; value: string }[];
  queue: string;
  priority: number;
  level: string;
  /** What the menu found out for the agent. */
  screen: { label: string; value: string }[];
  queued_at: number | null;
  /** By whom the caller is parked, and until when. */
  parked: { by: string; until: number } | null;
  agent: string | null;
  offer: OfferState | null;
  connected_at: number | null;
  held: boolean;
  /** The flow in which the caller is while the agent waits for him to come back. */
  detour: string | null;
  /** Whom the agent has asked; the last may be on the way yet. */
  parties: PartyRow[];
  /** Whether the talk is recorded; null where it is not to be. */
  recording: "on" | "on demand" | "pausing" | "paused" | "stopped" | null;
  /** Since when the agent wants a supervisor on the talk. */
  help_since: number | null;
  transferred_to: string;
  /** Whose number the caller's is, as far as that is known by now. */
  customers: Customer[];
  /** Who listens, by name. Told to supervisors only. */
  monitors?: Record<string, MonitorMode>;
}

export interface Notice {
  call: string;
  /** Whom it is for; empty for all supervisors. */
  supervisor: string;
  text: string;
  /** To an agent, instead of the others: the follow-up that is due. */
  followup?: string;
  /** To an agent: what Asterisk did not carry out on the call. */
  refused?: "ResumeRecording";
}

/** What came of a call. */
export type Outcome =
  | "live" | "answered" | "transferred" | "fallback" | "abandoned in menu" | "abandoned in queue"
  | "ended in menu" | "dropped from queue" | "not reached" | "unknown";

/** A call that is over, in a list of records. */
export interface RecordRow {
  id: string;
  arrived_at: number;
  caller: string;
  caller_name: string;
  queue: string;
  wait_s: number | null;
  talk_s: number | null;
  outcome: Outcome;
}

/** Whether an agent with this card has not the caller himself, but is asked about him. */
export function helps(call: CallRow): boolean {
  return call.parties.some((party) => party.agent !== "" && party.agent === call.agent);
}

/** Whether more than caller and agent talk. */
export function confers(call: CallRow): boolean {
  return call.parties.some((party) => party.joined);
}

/** A party by name or number. */
export function partyName(party: PartyRow): string {
  return party.agent || party.number;
}

/** The caller's name, else the number; empty where neither is known. */
export function callerName(call: { caller_name: string; caller: string }): string {
  return call.caller_name || call.caller;
}
