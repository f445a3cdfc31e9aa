// A call and its recordings on one line of time. Plain functions: no clock, no page.

import type { Recording, Segment, SegmentKind } from "../supervisor/types";
import type { Comment, Moment } from "./types";

/** What holds are called in which nothing is recorded. */
export const NOT_RECORDED = "not recorded";
/** A recording is a little shorter than its talk: what ends the talk is marked at its end. */
const SLACK_S = 1;

/** A stretch of the call that is in a recording, from its `second` on. */
export interface Piece {
  from: number;
  to: number;
  second: number;
}

/** What is where in a recording: holds in which nothing was recorded take no time in it. */
export function pieces(recording: Recording, segments: readonly Segment[]): Piece[] {
  const length = recording.length_s ?? 0;
  const found: Piece[] = [];
  let [from, second] = [recording.started_at, 0];
  const rests = segments.filter((one) => one.detail === NOT_RECORDED && one.started_at >= from && one.ended_at !== null);
  for (const rest of rests.sort((a, b) => a.started_at - b.started_at)) {
    const lasts = rest.started_at - from;
    if (second + lasts >= length - SLACK_S / 2) break;
    found.push({ from, to: rest.started_at, second });
    [from, second] = [rest.ended_at ?? from, second + lasts];
  }
  if (length > second) found.push({ from, to: from + length - second, second });
  return found;
}

/** The second of a recording at which a time of the call is heard; null where it is not in it. */
export function secondOf(at: number, all: readonly Piece[]): number | null {
  const piece = all.findLast((one) => one.from <= at);
  if (!piece) return null;
  if (at <= piece.to) return piece.second + at - piece.from;
  return piece === all.at(-1) ? null : piece.second + piece.to - piece.from;
}

/** The time of the call that is heard at a second. */
export function timeOf(second: number, all: readonly Piece[]): number | null {
  const piece = all.findLast((one) => one.second <= second);
  return piece ? piece.from + second - piece.second : null;
}

/** Something on a recording's line: at a moment, or until another. */
export interface Mark {
  kind: "hold" | "gap" | "pause" | "consult" | Moment["kind"] | "comment";
  second: number;
  until: number;
  who: string;
  text: string;
}

const STRETCHES: Partial<Record<SegmentKind, Mark["kind"]>> = { hold: "hold", pause: "pause", consult: "consult" };

/** What is marked on the line of a recording, the first first. */
export function marks(
  recording: Recording,
  segments: readonly Segment[],
  moments: readonly Moment[],
  comments: readonly Comment[],
): Mark[] {
  const all = pieces(recording, segments);
  const [begin, end] = [all[0]?.from ?? 0, all.at(-1)?.to ?? 0];
  const found: Mark[] = [];
  for (const one of segments) {
    const kind = one.detail === NOT_RECORDED ? "gap" : STRETCHES[one.kind];
    const until = Math.min(one.ended_at ?? end, end);
    if (!kind || one.started_at > end || until < begin) continue;
    if (kind === "gap" && (one.ended_at ?? end) > end) continue; // He was sent on: nothing comes after it.
    const second = secondOf(Math.max(one.started_at, begin), all) ?? 0;
    found.push({ kind, second, until: secondOf(until, all) ?? second, who: one.agent, text: "" });
  }
  for (const one of moments) {
    const within = one.kind !== "menu" && one.kind !== "choice" && one.at <= end + SLACK_S;
    const second = secondOf(Math.min(one.at, end), all);
    if (within && second !== null) found.push({ kind: one.kind, second, until: second, who: one.who, text: one.what });
  }
  for (const { recording: stem, second, by, text } of comments) {
    if (stem === recording.stem) found.push({ kind: "comment", second, until: second, who: by, text });
  }
  return found.sort((a, b) => a.second - b.second);
}

/** The next mark after a second, or the last one before it. */
export function markFrom(second: number, all: readonly Mark[], forwards: boolean): Mark | undefined {
  const near = 0.7; // Pressed again soon, it goes on from the mark it has just come to.
  return forwards
    ? all.find((one) => one.second > second + 0.05)
    : all.findLast((one) => one.second < second - near);
}

const LANES: SegmentKind[] = ["menu", "wait", "park", "ring", "talk", "hold", "pause", "consult", "transfer", "fallback"];

/** A segment in its lane: where it begins and how wide it is, in percent of the call. */
export interface Bar {
  segment: Segment;
  left: number;
  width: number;
}

/** The lanes that a call has, each with its bars. */
export function lanes(segments: readonly Segment[], from: number, to: number): { lane: SegmentKind; bars: Bar[] }[] {
  const scale = 100 / Math.max(1, to - from);
  return LANES.map((lane) => ({
    lane,
    bars: segments
      .filter((one) => one.kind === lane)
      .map((segment) => {
        const left = Math.max(0, segment.started_at - from) * scale;
        return { segment, left, width: Math.max(0, ((segment.ended_at ?? to) - from) * scale - left) };
      }),
  })).filter(({ bars }) => bars.length > 0);
}

/** The way through the menus within a segment: each node, and what was chosen there. */
export function way(segment: Segment, moments: readonly Moment[]): { node: string; chosen: string[] }[] {
  const steps: { node: string; chosen: string[] }[] = [];
  for (const one of moments) {
    if (one.at < segment.started_at || one.at > (segment.ended_at ?? Infinity)) continue;
    if (one.kind === "menu") steps.push({ node: one.what, chosen: [] });
    else if (one.kind === "choice") steps.at(-1)?.chosen.push(one.what);
  }
  return steps;
}

/** Whether a time lies in a segment. */
export function isIn(segment: Segment, at: number | null): boolean {
  return at !== null && segment.started_at <= at && at < (segment.ended_at ?? Infinity);
}
