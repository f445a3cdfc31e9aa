/** The sound of a ring. It comes from the usual loudspeaker, so that it is heard beside a headset too. */

import { audio } from "./phone-sound";

const TONES = [660, 825] as const; // hertz
const ON_S = 1;
const PERIOD_S = 3;
const LOUD = 0.25;
const EDGE_S = 0.02; // without it, each burst would begin and end with a click

export class Ring {
  private source: AudioBufferSourceNode | null = null;

  start(): void {
    if (this.source) return;
    const context = audio();
    const source = context.createBufferSource();
    source.buffer = ringing(context);
    source.loop = true;
    source.connect(context.destination);
    source.start();
    this.source = source;
  }

  stop(): void {
    this.source?.stop();
    this.source?.disconnect();
    this.source = null;
  }
}

function ringing(context: AudioContext): AudioBuffer {
  const rate = context.sampleRate;
  const buffer = context.createBuffer(1, PERIOD_S * rate, rate);
  const samples = buffer.getChannelData(0);
  for (let at = 0; at < ON_S * rate; at++) {
    const t = at / rate;
    const edge = Math.min(1, t / EDGE_S, (ON_S - t) / EDGE_S);
    samples[at] = TONES.reduce((sum, hertz) => sum + Math.sin(2 * Math.PI * hertz * t), 0) * (LOUD / TONES.length) * edge;
  }
  return buffer;
}
