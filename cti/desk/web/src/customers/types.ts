/** What the server says of customers, as its API documents it. Times are Unix seconds. */

import type { Outcome } from "../lib/types";

/** The texts of a card, in the order in which they are shown; `numbers` come after the name. */
export const TEXTS = ["name", "email", "level", "region", "department", "owner", "notes"] as const;
export type Text = (typeof TEXTS)[number];

/** What the list can be narrowed to. */
export const GROUPS = ["level", "region", "department", "owner"] as const;
export type Group = (typeof GROUPS)[number];

export interface Details extends Record<Text, string> {
  /** In E.164, as the server keeps them. */
  numbers: string[];
  /** What the site has added, by its name. */
  fields: Record<string, string>;
}

export interface Card extends Details {
  id: number;
  version: number;
  changed_at: number;
}

export interface Contact {
  call: string;
  arrived_at: number;
  queue: string;
  agent: string;
  outcome: Outcome;
  wait_s: number;
  talk_s: number;
}

/** What may be on a card. */
export interface Choices {
  fields: string[];
  owners: string[];
  levels: string[];
  regions: string[];
  departments: string[];
}

/** What an import would do. `columns` is what each column is taken for, empty where it is not taken. */
export interface Preview {
  head: string[];
  columns: string[];
  keys: string[];
  rows: string[][];
  good: number;
  bad: number;
  problems: { row: number; why: string }[];
}

/** A table that is worked on. */
export interface Work {
  who: string;
  rows: number;
}
