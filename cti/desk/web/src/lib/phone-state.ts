/** What the browser's phone is doing, as one plain object, and how each event changes it. Pure. */

import type { Quality } from "./phone-quality";

/** Whether calls can reach the phone. */
export type Line =
  | "off" // not started, or stopped
  | "elsewhere" // another tab of this browser is the phone; this one takes over when that is closed
  | "connecting"
  | "registered"
  | "refused" // Asterisk does not take the account; it is tried again
  | "lost"; // the connection is gone and is being made again; a talk goes on meanwhile

export type Trouble =
  | ""
  | "microphone-refused" // the browser or its user does not allow it
  | "microphone-missing" // there is none, or another program has it
  | "speaker" // it can't be chosen
  | "not-connected" // the connection to Asterisk is needed for it, and is being made again
  | "failed"; // Asterisk or the browser did not do it

/** One Call-Info or Alert-Info value (RFC 3261, 20.4 and 20.9): a URI and its parameters. */
export interface Info {
  readonly uri: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A call that rings or is talked on. Times are Unix milliseconds. */
export interface PhoneCall {
  readonly id: string;
  readonly phase: "ringing" | "answering" | "talking";
  readonly number: string;
  readonly name: string;
  readonly callInfo: readonly Info[];
  readonly alertInfo: readonly Info[];
  /** Seconds until it is to be answered by itself, or null. */
  readonly answerAfter: number | null;
  readonly since: number;
  readonly answeredAt: number | null;
  readonly muted: boolean;
  readonly held: boolean;
  readonly quality: Quality;
}

export interface PhoneState {
  readonly line: Line;
  /** Why the line is refused or lost, as it was told; else empty. */
  readonly why: string;
  readonly call: PhoneCall | null;
  /** Why the last thing that was asked for did not happen. */
  readonly trouble: Trouble;
}

export type PhoneEvent =
  | { readonly type: "line"; readonly line: Line; readonly why?: string }
  | {
      readonly type: "rings";
      readonly id: string;
      readonly at: number;
      readonly number: string;
      readonly name: string;
      readonly callInfo: readonly Info[];
      readonly alertInfo: readonly Info[];
    }
  | { readonly type: "answering"; readonly id: string }
  | { readonly type: "talks"; readonly id: string; readonly at: number }
  | { readonly type: "muted"; readonly id: string; readonly on: boolean }
  | { readonly type: "held"; readonly id: string; readonly on: boolean }
  | { readonly type: "quality"; readonly id: string; readonly quality: Quality }
  | { readonly type: "ended"; readonly id: string }
  | { readonly type: "trouble"; readonly what: Trouble };

export const OFF: PhoneState = { line: "off", why: "", call: null, trouble: "" };

/** The state after an event. What does not fit the call at hand changes nothing: the same object comes back. */
export function reduce(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case "line":
      return { ...state, line: event.line, why: event.why ?? "" };
    case "trouble":
      return {
        ...state,
        trouble: event.what,
        call: event.what.startsWith("microphone") ? unanswered(state.call) : state.call,
      };
    case "rings":
      return state.call ? state : { ...state, trouble: "", call: ringing(event) };
  }
  const call = state.call;
  if (call?.id !== event.id) return state;
  switch (event.type) {
    case "answering":
      return call.phase === "ringing" ? { ...state, trouble: "", call: { ...call, phase: "answering" } } : state;
    case "talks":
      return call.phase === "talking" ? state : { ...state, call: { ...call, phase: "talking", answeredAt: event.at } };
    case "muted":
      return { ...state, call: { ...call, muted: event.on } };
    case "held":
      return { ...state, call: { ...call, held: event.on } };
    case "quality":
      return call.phase === "talking" ? { ...state, call: { ...call, quality: event.quality } } : state;
    case "ended":
      return { ...state, call: null };
  }
}

/** A call that there was no microphone for rings on. */
function unanswered(call: PhoneCall | null): PhoneCall | null {
  return call?.phase === "answering" ? { ...call, phase: "ringing" } : call;
}

function ringing(event: Extract<PhoneEvent, { type: "rings" }>): PhoneCall {
  const { id, number, name, callInfo, alertInfo } = event;
  return {
    id,
    phase: "ringing",
    number,
    name,
    callInfo,
    alertInfo,
    answerAfter: answerAfter(callInfo, alertInfo),
    since: event.at,
    answeredAt: null,
    muted: false,
    held: false,
    quality: "unknown",
  };
}

/** When the headers ask the phone to answer by itself: seconds from the ring on, or null for not at all. */
export function answerAfter(callInfo: readonly Info[], alertInfo: readonly Info[]): number | null {
  for (const { params } of callInfo) {
    if ("answer-after" in params) return seconds(params["answer-after"]);
  }
  for (const { params } of alertInfo) {
    if (params["info"] === "alert-autoanswer") return seconds(params["delay"]);
  }
  return null;
}

function seconds(text = ""): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : 0;
}

/** Reads the values of a Call-Info or Alert-Info header; what is not of its form is passed over. */
export function infos(values: readonly string[]): Info[] {
  return values
    .flatMap((value) => value.split(/,(?=\s*<)/))
    .flatMap((one) => {
      const found = /^\s*<([^<>]*)>(.*)$/.exec(one);
      if (!found) return [];
      const [, uri = "", rest = ""] = found;
      const pairs = rest.split(";").flatMap((part): [string, string][] => {
        const [name = "", ...value] = part.split("=");
        return name.trim()
          ? [
              [
                name.trim().toLowerCase(),
                value
                  .join("=")
                  .trim()
                  .replace(/^"(.*)"$/, "$1"),
              ],
            ]
          : [];
      });
      return [{ uri, params: Object.fromEntries(pairs) }];
    });
}
