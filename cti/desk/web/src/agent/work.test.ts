import { afterEach, expect, test, vi } from "vitest";

import { Work } from "./work.svelte";

afterEach(() => vi.unstubAllGlobals());

test("an answer that was overtaken by a later one changes nothing", async () => {
  const answers: ((state: string) => void)[] = [];
  vi.stubGlobal(
    "fetch",
    vi.fn(
      () =>
        new Promise((answer) =>
          answers.push((state) =>
            answer(new Response(JSON.stringify([{ name: "alice", state, last_call: "c1", last_queue: "orders" }]))),
          ),
        ),
    ),
  );
  const work = new Work("alice");
  const looks = [work.look(), work.look()];
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.("talking");
  await looks[1];
  answers[0]?.("reserved");
  await looks[0];
  expect(work.talk).toEqual({ call: "c1", queue: "orders" });
});
