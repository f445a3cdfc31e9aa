// How a sound is drawn.

/**
 * The height of a direction's line in pixels. It is in the style sheet that wavesurfer.js writes into the page, which
 * the content policy lets through by its hash (cti/desk/guard.py).
 */
export const LINE_PX = 44;

const PER_LINE = 1200;

/** The loudest of each stretch of a direction's sound, up to 1. */
export function peaksOf(samples: Float32Array, most = PER_LINE): number[] {
  const count = Math.min(most, samples.length);
  return Array.from({ length: count }, (_, at) => {
    const [begin, end] = [at, at + 1].map((one) => Math.floor((one * samples.length) / count)) as [number, number];
    return samples.subarray(begin, end).reduce((loudest, one) => Math.max(loudest, Math.abs(one)), 0);
  });
}
