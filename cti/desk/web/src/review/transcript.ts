// What was said in a recording, and where in it something that is looked for was said. Plain functions.

/** `GET /api/recordings/{stem}/transcript`. A word has the space before it. */
export interface Spoken {
  lines: { side: "caller" | "agent"; words: { text: string; start_s: number; end_s: number }[] }[];
}

export interface Line {
  side: "caller" | "agent";
  start: number;
  end: number;
  /** The text in parts; those that are looked for have the second at which they begin. */
  parts: { text: string; at: number | null }[];
}

/** What stops being said is still what was said last. */
const LINGER_S = 0.5;

/** The lines, with what is looked for: words as in a search, each of which may be a part of one. */
export function linesOf(spoken: Spoken, said: string): Line[] {
  const sought = said.split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const found = sought.length ? new RegExp(sought.join("|"), "giu") : null;
  return spoken.lines.map(({ side, words }) => {
    const text = words.map((word) => word.text).join("");
    const parts: Line["parts"] = [];
    let from = 0;
    for (const match of found ? text.matchAll(found) : []) {
      if (match.index > from) parts.push({ text: text.slice(from, match.index), at: null });
      parts.push({ text: match[0], at: secondAt(words, match.index) });
      from = match.index + match[0].length;
    }
    if (from < text.length) parts.push({ text: text.slice(from), at: null });
    return { side, start: words[0]?.start_s ?? 0, end: words.at(-1)?.end_s ?? 0, parts };
  });
}

/** When the word is said that has this place in a line's text. */
function secondAt(words: Spoken["lines"][number]["words"], place: number): number {
  let end = 0;
  for (const word of words) {
    end += word.text.length;
    if (place < end) return word.start_s;
  }
  return words.at(-1)?.start_s ?? 0;
}

/** The seconds at which something that is looked for is said, in order. */
export function hits(lines: readonly Line[]): number[] {
  return lines.flatMap((line) => line.parts.flatMap(({ at }) => (at === null ? [] : [at]))).sort((a, b) => a - b);
}

/** The number of the line that is said at a second: the last that began, until a little after its end; or -1. */
export function lineAt(lines: readonly Line[], second: number): number {
  return lines.findLastIndex((line) => line.start <= second && second < line.end + LINGER_S);
}
