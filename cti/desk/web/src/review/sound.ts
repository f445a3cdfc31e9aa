// The lines of a sound: as the server drew them, or drawn here.

import { api } from "../lib/api";
import { asked } from "../lib/renewal";
import { attempt } from "../lib/toasts.svelte";
import { peaksOf } from "./wave";

const FULL = 255;

/** The peaks of a recording's directions, which the server has once the recording is processed. */
export async function drawn(path: string): Promise<number[][]> {
  const found = await api<{ caller: number[]; agent: number[] }>("GET", path);
  return [found.caller, found.agent].filter((line) => line.length > 0).map((line) => line.map((one) => one / FULL));
}

/** Fetches a sound and gives the peaks of its directions; flat lines where it cannot be read. */
export async function soundOf(path: string): Promise<number[][]> {
  const read = await attempt(async () => {
    const answer = await asked(path, { cache: "no-store" }); // Else it waits for what is played of it.
    const context = new OfflineAudioContext(1, 1, 8000);
    return context.decodeAudioData(await answer.arrayBuffer());
  });
  if (!read) return [[0, 0]];
  return Array.from({ length: read.numberOfChannels }, (_, at) => peaksOf(read.getChannelData(at)));
}
