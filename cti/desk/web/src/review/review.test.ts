import { describe, expect, test } from "vitest";

import type { CallRecord, Recording, Segment, SegmentKind } from "../supervisor/types";
import { parts } from "./heard";
import { reasons } from "./reasons";
import { address, callIn, local, queryOf, seconds, soughtIn, viewOf } from "./search";
import { isIn, lanes, markFrom, marks, pieces, secondOf, timeOf, way } from "./timeline";
import type { Comment, Moment } from "./types";

const recording = (length_s: number | null): Recording => ({
  stem: "2026/o1", call: "c1", agent: "alice", started_at: 100, state: "whole", length_s, box: "",
});
const segment = (number: number, kind: SegmentKind, started_at: number, ended_at: number | null, detail = ""): Segment => ({
  number, kind, started_at, ended_at, agent: "alice", queue: "sales", detail, recording: null,
});
const moment = (at: number, kind: Moment["kind"], what = "", who = ""): Moment => ({ at, kind, what, who, flow: "" });

describe("a recording on the call's line of time", () => {
  const parked = segment(2, "hold", 110, 130, "not recorded");
  const all = pieces(recording(25), [segment(1, "talk", 100, 145), parked]);

  test("a hold in which nothing is recorded takes no time in it", () => {
    expect(all).toEqual([{ from: 100, to: 110, second: 0 }, { from: 130, to: 145, second: 10 }]);
    expect([105, 120, 131, 146, 99].map((at) => secondOf(at, all))).toEqual([5, 10, 11, null, null]);
    expect([0, 9.5, 10, 20].map((second) => timeOf(second, all))).toEqual([100, 109.5, 130, 140]);
  });

  test("one that is shorter than the talk, or of no known length", () => {
    expect(pieces(recording(4), [parked])).toEqual([{ from: 100, to: 104, second: 0 }]);
    expect(pieces(recording(null), [parked])).toEqual([]);
    expect(timeOf(3, [])).toBeNull();
  });

  test("what is marked on it, the first first", () => {
    const comment: Comment = {
      id: "1", recording: "2026/o1", second: 2, by: "sue", made_at: 0, changed_at: null, text: "well said",
    };
    const found = marks(
      recording(25),
      [parked, segment(6, "hold", 144.9, 145.5, "not recorded"), segment(3, "pause", 135, 140), segment(4, "hold", 60, 70), segment(5, "menu", 90, 100)],
      [moment(95, "keys"), moment(104, "keys"), moment(133, "conference", "", "bob"), moment(134, "menu", "pay"), moment(145.6, "transfer")],
      [comment, { ...comment, recording: "2026/o2" }],
    );
    expect(found.map(({ kind, second, until }) => [kind, second, until])).toEqual([
      ["comment", 2, 2], ["keys", 4, 4], ["gap", 10, 10], ["conference", 13, 13], ["pause", 15, 20], ["transfer", 25, 25],
    ]);
    expect(markFrom(2, found, true)?.kind).toBe("keys");
    expect(markFrom(10.2, found, false)?.kind).toBe("keys");
    expect(markFrom(25, found, true)).toBeUndefined();
  });
});

test("lanes of a call, and its way through the menus", () => {
  const menu = segment(1, "menu", 0, 20);
  const found = lanes([menu, segment(2, "wait", 20, 50), segment(3, "talk", 50, null)], 0, 100);
  expect(found.map(({ lane, bars }) => [lane, bars[0]?.left, bars[0]?.width])).toEqual([
    ["menu", 0, 20], ["wait", 20, 30], ["talk", 50, 50],
  ]);
  const moments = [moment(1, "menu", "main"), moment(4, "choice", "1"), moment(5, "menu", "orders"), moment(60, "menu", "pay")];
  expect(way(menu, moments)).toEqual([{ node: "main", chosen: ["1"] }, { node: "orders", chosen: [] }]);
  expect([isIn(menu, 0), isIn(menu, 20), isIn(menu, null)]).toEqual([true, false, false]);
});

test("what was played, without what is too short to be heard", () => {
  const ranges = [[0, 12.345], [20, 20.1], [30, 45]] as const;
  const played = { length: 3, start: (at: number) => ranges[at]![0], end: (at: number) => ranges[at]![1] };
  expect(parts(played)).toEqual([[0, 12.3], [30, 45]]);
});

test("reasons to listen", () => {
  const record = { outcome: "answered", talk_s: 60, wait_s: 5, offers: 1, scores: [], transferred_to: "" } as unknown as CallRecord;
  const sound = recording(100);
  expect(reasons(record, [{ ...sound, silence_s: 10, talk_over_s: 2 }])).toEqual([]);
  expect(reasons({ ...record, scores: [["friendly", 1]], wait_s: 300, transferred_to: "desk" }, [])).toEqual(["score", "sent", "wait"]);
  expect(reasons({ ...record, outcome: "abandoned in queue", talk_s: 0 }, [])).toEqual(["lost"]);
  expect(reasons({ ...record, talk_s: 8, offers: 3 }, [{ ...sound, state: "missing" }])).toEqual(["fault", "offers", "short"]);
  expect(reasons(record, [{ ...sound, silence_s: 45, talk_over_s: 12 }])).toEqual(["over", "silence"]);
});

test("a search in the address, and back", () => {
  const sought = { queue: "orders & more", from: "1767225600", text: "50%" };
  const hash = address("records", sought, "c1");
  expect(viewOf(hash)).toBe("records");
  expect(soughtIn(hash)).toEqual(sought);
  expect(callIn(hash)).toBe("c1");
  expect(queryOf({ ...sought, agent: "" })).toEqual(sought);
  expect(soughtIn("#records?sort=price&queue=")).toEqual({});
  expect(soughtIn(address("records", {}, null))).toEqual({});
  expect([soughtIn("#records"), soughtIn("#records?call=c1"), address("records", null, null)]).toEqual([null, null, "#records"]);
  expect(seconds(local("1767225600"))).toBe("1767225600");
  expect([local(undefined), local("soon"), seconds("")]).toEqual(["", "", ""]);
});
