// Why a call may be worth listening to, as far as its record tells. Plain functions.

import type { CallRecord, Recording } from "../supervisor/types";

const LOW_SCORE = 2;
const LONG_WAIT_S = 120;
const LONG_TALK_S = 900;
const SHORT_TALK_S = 20;
const MANY_OFFERS = 3;
const MUCH_SILENCE = 0.4;
const MUCH_AT_ONCE = 0.1;
const FAULTS = new Set(["short", "silent", "unreadable", "missing"]);

export type Reason = "score" | "wait" | "long" | "short" | "sent" | "offers" | "lost" | "silence" | "over" | "fault";

/** What stands before each reason. It only repeats the words. */
export const ICONS: Record<Reason, string> = {
  score: "☹", wait: "⏳", long: "⏱", short: "⚡", sent: "⇄", offers: "↻", lost: "✖",
  silence: "…", over: "⇅", fault: "▲",
};

const LOST = new Set(["abandoned in menu", "abandoned in queue", "dropped from queue", "fallback"]);

/** Whether in one of the recordings there is so much of something, by its length. */
function much(recordings: readonly Recording[], of: "silence_s" | "talk_over_s", share: number): boolean {
  return recordings.some((one) => !!one.length_s && (one[of] ?? 0) / one.length_s >= share);
}

/** The reasons to listen to a call with these recordings, the gravest first. */
export function reasons(record: CallRecord, recordings: readonly Recording[]): Reason[] {
  const talked = record.talk_s ?? 0;
  const found: [Reason, boolean][] = [
    ["score", (record.scores ?? []).some(([, score]) => score <= LOW_SCORE)],
    ["fault", recordings.some((one) => FAULTS.has(one.state))],
    ["lost", LOST.has(record.outcome)],
    ["sent", !!record.transferred_to],
    ["over", much(recordings, "talk_over_s", MUCH_AT_ONCE)],
    ["silence", much(recordings, "silence_s", MUCH_SILENCE)],
    ["wait", (record.wait_s ?? 0) >= LONG_WAIT_S],
    ["offers", (record.offers ?? 0) >= MANY_OFFERS],
    ["long", talked >= LONG_TALK_S],
    ["short", talked > 0 && talked < SHORT_TALK_S],
  ];
  return found.filter(([, is]) => is).map(([reason]) => reason);
}
