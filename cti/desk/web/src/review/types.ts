// What the server says of a call that is reviewed. Times are Unix seconds; a `second` is one of a recording.

import type { Role } from "../lib/types";
import type { CallRecord, Recording, Segment } from "../supervisor/types";

/** What an agent said of a talk. */
export interface Said {
  agent: string;
  disposition: string;
  notes: string;
}

/** `GET /api/records/{call}`. */
export interface Details {
  record: CallRecord;
  segments: Segment[];
  recordings: Recording[];
  dispositions: Said[];
  /** Stems of the recordings of which there is a transcript. */
  transcribed: string[];
}

/** What segments don't tell of a call. */
export interface Moment {
  at: number;
  kind: "menu" | "choice" | "keys" | "transfer" | "conference" | "help";
  who: string;
  what: string;
  flow: string;
}

export interface Comment {
  id: string;
  recording: string;
  second: number;
  by: string;
  made_at: number;
  changed_at: number | null;
  text: string;
}

/** A link that people of a role may follow until a time. */
export interface Share {
  id: string;
  call: string;
  recording: string;
  second: number;
  role: Role;
  made_by: string;
  until: number;
}

/** `GET /api/shares/{id}`. */
export interface Opened {
  share: Share;
  details: Details;
  moments: Moment[];
  comments: Comment[];
}
