// Sorting and filtering of the board's rows. Plain functions: no clock, no page.

import { hides } from "../lib/hidden";

export type Value = string | number | null;

/** A column of a list. `value` is what it sorts by; null goes last whichever way it is sorted. */
export interface Column<Row> {
  id: string;
  label: string;
  /** What the label is short for, where it is. */
  long?: string;
  value: (row: Row) => Value;
  /** Its share of the list's width. */
  width: number;
}

export interface Sort {
  column: string;
  down: boolean;
}

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** The rows in order; those that are equal are in the order of their keys, so that they never jump. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort,
  key: (row: Row) => string,
): Row[] {
  const column = columns.find((one) => one.id === sort.column);
  const ranked = rows.map((row) => ({ row, value: column ? column.value(row) : null, key: key(row) }));
  ranked.sort((a, b) => {
    if (a.value === null || b.value === null) {
      return Number(a.value === null) - Number(b.value === null) || words.compare(a.key, b.key);
    }
    const order = compared(a.value, b.value);
    return (sort.down ? -order : order) || words.compare(a.key, b.key);
  });
  return ranked.map((one) => one.row);
}

function compared(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
}

/** The order after a column's head was pressed: first upwards, then the other way. */
export function turned(sort: Sort, column: string): Sort {
  return { column, down: sort.column === column && !sort.down };
}

/** What a list is narrowed to: each word of `text` must be somewhere; the others must be met where they are given. */
export interface Filter {
  text: string;
  state: string;
  queue: string;
}

export const NO_FILTER: Filter = { text: "", state: "", queue: "" };

/** What of a row the filter looks at. */
export interface Seen {
  texts: readonly (string | null)[];
  state: string;
  queue: string | null;
}

export function filtered<Row>(rows: readonly Row[], filter: Filter, seen: (row: Row) => Seen): Row[] {
  const wanted = plain(filter.text).split(" ").filter(Boolean);
  return rows.filter((row) => {
    const { texts, state, queue } = seen(row);
    if (filter.state && state !== filter.state) return false;
    if (filter.queue && queue !== filter.queue) return false;
    if (!wanted.length) return true;
    const all = plain(texts.filter(Boolean).join("\n"));
    return wanted.every((word) => all.includes(word) || texts.some((text) => text && hides(text, word)));
  });
}

/** Without case, accents and wide forms: ＡＬＩＣＥ and Alicé are found as alice. */
function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\S\n]+/gu, " ");
}
