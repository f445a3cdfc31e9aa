// Two cards side by side. Plain functions: no page.

import { TEXTS, type Card } from "./types";

/** A text or field of two cards. `choice`: both have one, and not the same. */
export interface Line {
  key: string;
  /** Whether the key is a field that the site has added. */
  own: boolean;
  kept: string;
  other: string;
  choice: boolean;
}

/** What the two cards have, but for numbers and notes, of which all stay. */
export function lines(kept: Card, other: Card): Line[] {
  const texts = TEXTS.filter((key) => key !== "notes").map((key) => line(key, false, kept[key], other[key]));
  const names = [...new Set([...Object.keys(kept.fields), ...Object.keys(other.fields)])];
  const fields = names.map((name) => line(name, true, kept.fields[name] ?? "", other.fields[name] ?? ""));
  return [...texts, ...fields].filter((one) => one.kept || one.other);
}

function line(key: string, own: boolean, kept: string, other: string): Line {
  return { key, own, kept, other, choice: kept !== "" && other !== "" && kept !== other };
}

/** Those who may be the same customer: a number or the name in common, and not the card itself. */
export function doubles(card: Card, found: readonly Card[]): Card[] {
  const ids = new Set([card.id]);
  return found.filter(({ id }) => !ids.has(id) && ids.add(id));
}
