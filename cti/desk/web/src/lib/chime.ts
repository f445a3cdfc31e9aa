/** Two short tones, the second higher: somebody wants something. Silent until the page was clicked once. */
export function chime(): void {
  const context = new AudioContext();
  const gain = new GainNode(context, { gain: 0.15 });
  gain.connect(context.destination);
  for (const [at, hertz] of [[0, 660], [0.18, 880]] as const) {
    const tone = new OscillatorNode(context, { frequency: hertz });
    tone.connect(gain);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.15);
    if (at) tone.onended = () => void context.close();
  }
}
