/** The sound of the browser's phone: microphone, loudspeaker, and how loud each is. */

export interface Devices {
  readonly microphones: readonly MediaDeviceInfo[];
  readonly speakers: readonly MediaDeviceInfo[];
}

/** The devices there are. Names are empty until the microphone was allowed once. */
export async function devices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return {
    microphones: all.filter((device) => device.kind === "audioinput"),
    speakers: all.filter((device) => device.kind === "audiooutput"),
  };
}

/** Calls back when a headset is plugged in or out. Returns what ends that. */
export function onDevices(changed: () => void): () => void {
  navigator.mediaDevices.addEventListener("devicechange", changed);
  return () => navigator.mediaDevices.removeEventListener("devicechange", changed);
}

/** Opens a microphone; empty for the usual one. A device that is gone gives the usual one too. */
export function openMicrophone(id: string): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: {
      ...(id && { deviceId: { ideal: id } }),
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    },
  });
}

export function close(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Plays the far end. */
export class Speaker {
  private readonly audio = new Audio();

  constructor() {
    this.audio.autoplay = true;
  }

  /** Plays a stream, or nothing for null. */
  play(stream: MediaStream | null): void {
    this.audio.srcObject = stream;
  }

  /** Chooses the device; empty for the usual one. Throws where it is gone, or the browser can't choose. */
  async use(id: string): Promise<void> {
    if (!("setSinkId" in this.audio)) throw new Error("this browser cannot choose a loudspeaker");
    await this.audio.setSinkId(id);
  }
}

let context: AudioContext | undefined;

/** The page's one AudioContext. The browser may keep it silent until the first click or key. */
export function audio(): AudioContext {
  context ??= wokenByUser(new AudioContext());
  void context.resume();
  return context;
}

function wokenByUser(context: AudioContext): AudioContext {
  for (const gesture of ["pointerdown", "keydown"]) {
    addEventListener(gesture, () => void context.resume(), { once: true });
  }
  return context;
}

/** Tells now, and at each change, whether the browser lets this page be heard. Returns what ends that. */
export function onAudible(tell: (can: boolean) => void): () => void {
  const sound = audio();
  const told = (): void => tell(sound.state === "running");
  sound.addEventListener("statechange", told);
  told();
  return () => sound.removeEventListener("statechange", told);
}

/** How loud a stream is. */
export class Meter {
  private readonly source: MediaStreamAudioSourceNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  /** For who wants to know more of the sound than its level. */
  readonly analyser: AnalyserNode;

  constructor(stream: MediaStream) {
    const context = audio();
    this.source = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  /** The level of the last 40 ms or so: 0 is silence (-60 dBFS or less), 1 is full scale. */
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    const decibels = 10 * Math.log10(Math.max(2 * power, 1e-6)); // of a sine: its peak counts
    return Math.min(1, decibels / 60 + 1);
  }

  close(): void {
    this.source.disconnect();
  }
}
