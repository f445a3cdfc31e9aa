import { describe, expect, it } from "vitest";
import { grade, look, type Look } from "./phone-quality";
import { answerAfter, infos, OFF, reduce, type PhoneEvent, type PhoneState } from "./phone-state";

const RINGS: PhoneEvent = { type: "rings", id: "a", at: 5, number: "1", name: "", callInfo: [], alertInfo: [] };

function after(...events: PhoneEvent[]): PhoneState {
  return events.reduce(reduce, OFF);
}

describe("the state", () => {
  it("follows a call", () => {
    const talking = after(RINGS, { type: "answering", id: "a" }, { type: "talks", id: "a", at: 9 });
    expect(talking.call).toMatchObject({ phase: "talking", since: 5, answeredAt: 9, quality: "unknown" });
    expect(reduce(talking, { type: "ended", id: "a" }).call).toBeNull();
  });

  it("does not change by what belongs to another call", () => {
    const events: PhoneEvent[] = [
      { type: "answering", id: "b" },
      { type: "talks", id: "b", at: 1 },
      { type: "muted", id: "b", on: true },
      { type: "held", id: "b", on: true },
      { type: "quality", id: "b", quality: "poor" },
      { type: "ended", id: "b" },
      { ...RINGS, id: "b" },
    ];
    const state = after(RINGS);
    for (const event of events) expect(reduce(state, event)).toBe(state);
  });

  it("keeps the call while the line comes and goes", () => {
    const state = after(RINGS, { type: "line", line: "lost", why: "gone" }, { type: "line", line: "registered" });
    expect(state).toMatchObject({ line: "registered", why: "", call: { id: "a" } });
  });

  it("rings on only for want of a microphone", () => {
    const answering = after(RINGS, { type: "answering", id: "a" });
    expect(reduce(answering, { type: "trouble", what: "speaker" }).call?.phase).toBe("answering");
    expect(reduce(answering, { type: "trouble", what: "microphone-missing" }).call?.phase).toBe("ringing");
  });
});

describe("headers", () => {
  it("are read", () => {
    expect(infos(['<http://a/x?y=1,2>;purpose=info;q="z", <sip:b>;answer-after=3', "nonsense", "<c"])).toEqual([
      { uri: "http://a/x?y=1,2", params: { purpose: "info", q: "z" } },
      { uri: "sip:b", params: { "answer-after": "3" } },
    ]);
  });

  it.each([
    [["<sip:cordboard>;answer-after=0"], [], 0],
    [["<sip:x>;Answer-After=2"], [], 2],
    [[], ["<http://cordboard>;info=alert-autoanswer;delay=4"], 4],
    [[], ["<http://x>;info=alert-autoanswer"], 0],
    [["<sip:x>;answer-after=soon"], [], 0],
    [["<http://card>;purpose=info"], ["<http://x>;info=alert-external"], null],
    [[], [], null],
  ])("ask for an answer: %j %j", (callInfo, alertInfo, seconds) => {
    expect(answerAfter(infos(callInfo), infos(alertInfo))).toBe(seconds);
  });
});

describe("quality", () => {
  const START: Look = { received: 100, lost: 2, jitter: 0.002, roundTrip: 0.02, farLoss: 0 };
  const LATER: Look = { ...START, received: 200 };

  it.each([
    [{}, "good"],
    [{ lost: 5 }, "fair"],
    [{ lost: 12 }, "poor"],
    [{ jitter: 0.05 }, "fair"],
    [{ jitter: 0.1 }, "poor"],
    [{ roundTrip: 0.5 }, "fair"],
    [{ roundTrip: 1 }, "poor"],
    [{ farLoss: 0.02 }, "fair"],
    [{ received: 100 }, "poor"],
    [{ received: 50, lost: 0 }, "poor"], // counts that went back
  ] as const)("%j is %s", (change, wanted) => {
    expect(grade(START, { ...LATER, ...change })).toBe(wanted);
  });

  it("is not told while nothing is sent on hold", () => {
    expect(grade(START, START, true)).toBe("unknown");
  });

  it("is read from getStats", () => {
    const report = [
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.03 },
      { type: "inbound-rtp", kind: "audio", packetsReceived: 50, packetsLost: -1, jitter: 0.004 },
      { type: "inbound-rtp", kind: "video", packetsReceived: 9 },
      { type: "codec" },
    ];
    expect(look(report)).toEqual({ received: 50, lost: 0, jitter: 0.004, roundTrip: 0.03, farLoss: 0 });
    expect(look([...report, { type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.1, fractionLost: 0.5 }])).toMatchObject({ roundTrip: 0.1, farLoss: 0.5 });
    expect(look([])).toMatchObject({ received: 0 });
  });
});
