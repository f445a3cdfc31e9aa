import { expect, test } from "vitest";

import guard from "../../../guard.py?raw";
import source from "../../node_modules/wavesurfer.js/dist/wavesurfer.esm.js?raw";
import { LINE_PX, peaksOf } from "./wave";

test("the content policy lets wavesurfer's style sheet through, and it alone", async () => {
  const written = /<style\$\{.*?""\}>(.*?)<\/style>/s.exec(source)?.[1] ?? "";
  expect(written.match(/\$\{/g)).toHaveLength(1); // The height of a line.
  const sheet = written.replaceAll("\\n", "\n").replace(/\$\{[^}]*\}/, String(LINE_PX));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sheet));
  expect(guard).toContain(`'sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}'`);
});

test("the loudest of each stretch", () => {
  expect(peaksOf(new Float32Array([0, 0.5, -1, 0.25, 0, 0]), 3)).toEqual([0.5, 1, 0]);
  expect(peaksOf(new Float32Array([0.5]), 3)).toEqual([0.5]);
  expect(peaksOf(new Float32Array(), 3)).toEqual([]);
});
