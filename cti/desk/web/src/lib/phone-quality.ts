/** How good the connection of a talk is, from two looks at getStats. Pure. */

export type Quality = "unknown" | "good" | "fair" | "poor";

/** What is read at one look. Counts are from the beginning of the talk; times are in seconds. */
export interface Look {
  readonly received: number;
  readonly lost: number;
  readonly jitter: number;
  readonly roundTrip: number;
  /** Of what we send, the share that was lost last, as the far end reports; 0 to 1. */
  readonly farLoss: number;
}

/** Up to and with the first of each pair it is good, up to and with the second fair. */
const LOSS = [0.01, 0.05] as const; // shares; G.711 without repair is spoiled beyond (ITU-T G.113)
const JITTER = [0.03, 0.08] as const; // seconds; a buffer of the browser's covers the first
const ROUND_TRIP = [0.3, 0.8] as const; // seconds: twice the one-way delays of ITU-T G.114

/** Reads the statistics of a peer connection. */
export function look(report: Iterable<Record<string, unknown>>): Look {
  let found: Look = { received: 0, lost: 0, jitter: 0, roundTrip: 0, farLoss: 0 };
  for (const one of report) {
    if (one["type"] === "inbound-rtp" && one["kind"] === "audio") {
      found = {
        ...found,
        received: number(one["packetsReceived"]),
        lost: Math.max(0, number(one["packetsLost"])), // what comes twice counts as less than lost
        jitter: number(one["jitter"]),
      };
    } else if (one["type"] === "remote-inbound-rtp" && one["kind"] === "audio") {
      found = { ...found, farLoss: number(one["fractionLost"]), roundTrip: number(one["roundTripTime"]) };
    } else if (one["type"] === "candidate-pair" && one["nominated"] === true && found.roundTrip === 0) {
      found = { ...found, roundTrip: number(one["currentRoundTripTime"]) };
    }
  }
  return found;
}

/** The quality between two looks; the worst of loss, jitter and round trip counts. Silence from the far end
 * is poor, unless `paused`: a call on hold. */
export function grade(before: Look, now: Look, paused = false): Quality {
  const lost = Math.max(0, now.lost - before.lost);
  const received = Math.max(0, now.received - before.received);
  if (lost + received === 0) return paused ? "unknown" : "poor";
  const loss = Math.max(lost / (lost + received), now.farLoss);
  const worst = Math.max(step(loss, LOSS), step(now.jitter, JITTER), step(now.roundTrip, ROUND_TRIP));
  return (["good", "fair", "poor"] as const)[worst] ?? "poor";
}

function step(value: number, [good, fair]: readonly [number, number]): number {
  return value <= good ? 0 : value <= fair ? 1 : 2;
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
