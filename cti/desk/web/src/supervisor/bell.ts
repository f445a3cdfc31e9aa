// The sound of an alert: two short tones, made here, so that nothing is loaded.

const TONES_HZ = [880, 660];
const EACH_S = 0.18;

let audio: AudioContext | undefined;

/** Rings once. Silent where the browser plays nothing before its user has pressed something. */
export function ring(): void {
  audio ??= new AudioContext();
  void audio.resume();
  TONES_HZ.forEach((hz, at) => {
    const [tone, loud] = [audio!.createOscillator(), audio!.createGain()];
    const from = audio!.currentTime + at * EACH_S;
    tone.frequency.value = hz;
    loud.gain.setValueAtTime(0.2, from);
    loud.gain.exponentialRampToValueAtTime(0.001, from + EACH_S);
    tone.connect(loud).connect(audio!.destination);
    tone.start(from);
    tone.stop(from + EACH_S);
  });
}
