/** The softphone in a page of its own, for the real tests to work. */

import { sipAgent, type Account } from "../../../cti/desk/web/src/lib/phone-agent";
import { Meter } from "../../../cti/desk/web/src/lib/phone-sound";
import { browser, Softphone } from "../../../cti/desk/web/src/lib/softphone";

declare global {
  interface Window {
    phone: Softphone;
    /** When each call rang, in Unix milliseconds. */
    rang: number[];
    /** How loud a tone is in a stream: "far" or "microphone"; in decibels, as AnalyserNode tells. */
    heard(which: "far" | "microphone", hertz: number): number;
  }
}

const meters: Meter[] = [];
const world = browser();
const account = (await (await fetch("/api/phone")).json()) as Account;
const phone = new Softphone(sipAgent(account), {
  ...world,
  // A steady tone is noise to the browser; it would be taken out.
  openMicrophone: () =>
    navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    }),
  meter(stream) {
    const meter = new Meter(stream);
    meters.push(meter);
    return meter;
  },
});

window.phone = phone;
window.rang = [];
window.heard = (which, hertz) => {
  const analyser = meters[which === "microphone" ? meters.length - 2 : meters.length - 1]!.analyser;
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  return bins[Math.round((hertz * analyser.fftSize) / analyser.context.sampleRate)]!;
};

let last: string | undefined;
phone.subscribe(({ call }) => {
  if (call && call.id !== last) window.rang.push(Date.now());
  last = call?.id;
});
document.querySelector("#answer")!.addEventListener("click", () => void phone.answer());
phone.start();
