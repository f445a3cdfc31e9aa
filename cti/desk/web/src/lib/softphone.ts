/** The softphone: rings, is answered, talks. It has no looks: a page shows `state` and calls the methods. */

import { grade, look, type Look } from "./phone-quality";
import { close, Meter, openMicrophone, Speaker } from "./phone-sound";
import { infos, OFF, reduce, type PhoneEvent, type PhoneState, type Trouble } from "./phone-state";

/** The SIP side: `phone-agent.ts`, or a stand-in. */
export interface Agent {
  start(heard: Heard): void;
  /** Registers once more. */
  register(): void;
  /** Gives the connection up and makes a new one. */
  reconnect(): void;
  stop(): void;
}

/** What the SIP side tells. It connects again by itself. */
export interface Heard {
  connecting(): void;
  registered(): void;
  refused(why: string): void;
  lost(why: string): void;
  rings(session: Session): void;
  sound(session: Session, stream: MediaStream): void;
  talks(session: Session): void;
  ended(session: Session): void;
}

/** One incoming call. `hold` and `renew` say whether they were begun. */
export interface Session {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly callInfo: readonly string[];
  readonly alertInfo: readonly string[];
  readonly connection: RTCPeerConnection | null;
  answer(microphone: MediaStream): void;
  refuse(): void;
  hangUp(): void;
  mute(on: boolean): void;
  hold(on: boolean, done: () => void): boolean;
  renew(ice: boolean): boolean;
  press(digits: string): void;
}

/** What the phone needs of the browser; each method that begins something returns what ends it. */
export interface World {
  now(): number;
  after(seconds: number, act: () => void): () => void;
  every(seconds: number, act: () => void): () => void;
  /** Calls `first` when no other tab is the phone. */
  alone(first: () => void): () => void;
  onOnline(act: () => void): () => void;
  onLeaving(act: () => void): () => void;
  openMicrophone(id: string): Promise<MediaStream>;
  close(stream: MediaStream): void;
  meter(stream: MediaStream): Pick<Meter, "level" | "close">;
  speaker: Pick<Speaker, "play" | "use">;
}

export interface Levels {
  readonly microphone: number;
  readonly far: number;
}

const LOOK_S = 2;
const RETRY_S = 10;
const DIGITS = /^[0-9A-D*#]+$/;

/** A phone in the browser. One call at a time: another that comes is refused as busy. */
export class Softphone {
  private current: PhoneState = OFF;
  private readonly listeners = new Set<(state: PhoneState) => void>();
  private readonly running: (() => void)[] = [];
  private endings: (() => void)[] = []; // of the call
  private session: Session | null = null;
  private microphone: MediaStream | null = null;
  private microphoneId = "";
  private meters: { microphone?: Pick<Meter, "level" | "close">; far?: Pick<Meter, "level" | "close"> } = {};
  private wasLost = false;

  constructor(
    private readonly agent: Agent,
    private readonly world: World = browser(),
  ) {}

  get state(): PhoneState {
    return this.current;
  }

  /** Tells the state now and at each change (a Svelte store). Returns what ends that. */
  subscribe(listener: (state: PhoneState) => void): () => void {
    this.listeners.add(listener);
    listener(this.current);
    return () => this.listeners.delete(listener);
  }

  /** Becomes the phone, as soon as no other tab of this browser is. */
  start(): void {
    if (this.running.length) return;
    this.tell({ type: "line", line: "elsewhere" });
    this.running.push(
      this.world.alone(() => this.begin()),
      this.world.onOnline(() => this.agent.reconnect()),
      this.world.onLeaving(() => this.stop()),
    );
  }

  /** Ends the call there may be, and takes the phone off. It is not started again. */
  stop(): void {
    this.session?.hangUp();
    this.agent.stop();
    for (const end of this.running) end();
    this.tell({ type: "line", line: "off" });
  }

  /** Answers the call that rings. Without a microphone it rings on, and `trouble` says why. */
  async answer(): Promise<void> {
    const session = this.session;
    if (!session || this.current.call?.phase !== "ringing") return;
    this.tell({ type: "answering", id: session.id });
    let microphone: MediaStream;
    try {
      microphone = await this.world.openMicrophone(this.microphoneId);
    } catch (error) {
      if (this.session === session) this.fail(microphoneTrouble(error));
      return;
    }
    if (this.session !== session) return this.world.close(microphone); // it has ended meanwhile
    this.microphone = microphone;
    this.meters.microphone = this.world.meter(microphone);
    session.answer(microphone);
  }

  refuse(): void {
    if (this.current.call?.phase === "ringing") this.session?.refuse();
  }

  hangUp(): void {
    this.session?.hangUp();
  }

  mute(on: boolean): void {
    const session = this.talking();
    if (!session) return;
    session.mute(on);
    this.tell({ type: "muted", id: session.id, on });
  }

  /** Holds the call by a re-INVITE: the far end hears Asterisk's music. */
  hold(on: boolean): void {
    const session = this.talking();
    if (!session || this.current.call?.held === on) return;
    if (this.current.line !== "registered") return this.fail("not-connected");
    if (!session.hold(on, () => this.tell({ type: "held", id: session.id, on }))) this.fail("failed");
  }

  /** Sends digits (RFC 4733). What is not 0 to 9, A to D, * or # is not sent. */
  press(digits: string): void {
    if (DIGITS.test(digits)) this.talking()?.press(digits);
  }

  /** Chooses the microphone, for the talk there may be too; empty for the usual one. */
  async useMicrophone(id: string): Promise<void> {
    this.microphoneId = id;
    const session = this.talking();
    const sender = session?.connection?.getSenders().find(({ track }) => track?.kind === "audio");
    if (!session || !sender) return;
    let fresh: MediaStream;
    try {
      fresh = await this.world.openMicrophone(id);
    } catch (error) {
      return this.fail(microphoneTrouble(error));
    }
    const [track] = fresh.getAudioTracks();
    if (this.session !== session || !track) return this.world.close(fresh);
    track.enabled = sender.track?.enabled ?? true; // muted stays muted
    await sender.replaceTrack(track);
    this.dropMicrophone();
    this.microphone = fresh;
    this.meters.microphone = this.world.meter(fresh);
  }

  /** Chooses the loudspeaker or headset; empty for the usual one. */
  async useSpeaker(id: string): Promise<void> {
    try {
      await this.world.speaker.use(id);
    } catch {
      this.fail("speaker");
    }
  }

  /** How loud both sides are now, 0 to 1; to be asked as often as it is drawn. */
  levels(): Levels {
    return { microphone: this.meters.microphone?.level() ?? 0, far: this.meters.far?.level() ?? 0 };
  }

  private begin(): void {
    this.agent.start({
      connecting: () => this.current.line !== "lost" && this.tell({ type: "line", line: "connecting" }),
      registered: () => this.registered(),
      refused: (why) => {
        this.tell({ type: "line", line: "refused", why });
        this.running.push(this.world.after(RETRY_S, () => this.current.line === "refused" && this.agent.register()));
      },
      lost: (why) => {
        if (this.current.line === "off") return;
        this.wasLost = true;
        this.tell({ type: "line", line: "lost", why });
      },
      rings: (session) => this.rings(session),
      sound: (session, stream) => this.sound(session, stream),
      talks: (session) => this.talks(session),
      ended: (session) => this.ended(session),
    });
  }

  private registered(): void {
    this.tell({ type: "line", line: "registered" });
    // Asterisk learns from a re-INVITE where the talk's phone is now; a lost path for the sound is found anew.
    const session = this.wasLost ? this.talking() : null;
    const path = session?.connection?.iceConnectionState;
    session?.renew(path === "disconnected" || path === "failed");
    this.wasLost = false;
  }

  private rings(session: Session): void {
    if (this.session) return session.refuse();
    this.session = session;
    const { id, number, name } = session;
    const [callInfo, alertInfo] = [infos(session.callInfo), infos(session.alertInfo)];
    this.tell({ type: "rings", id, at: this.world.now(), number, name, callInfo, alertInfo });
    const wait = this.current.call?.answerAfter ?? null;
    if (wait !== null) this.endings.push(this.world.after(wait, () => void this.answer()));
  }

  private sound(session: Session, stream: MediaStream): void {
    if (this.session !== session) return;
    this.world.speaker.play(stream);
    this.meters.far?.close();
    this.meters.far = this.world.meter(stream);
  }

  private talks(session: Session): void {
    if (this.session !== session) return;
    this.tell({ type: "talks", id: session.id, at: this.world.now() });
    let before: Look | null = null;
    const watch = async (): Promise<void> => {
      if (!session.connection) return;
      const report: Record<string, unknown>[] = [];
      (await session.connection.getStats()).forEach((one) => report.push(one));
      const now = look(report);
      const quality = before ? grade(before, now, this.current.call?.held) : "unknown";
      before = now;
      this.tell({ type: "quality", id: session.id, quality });
    };
    this.endings.push(this.world.every(LOOK_S, () => void watch()));
  }

  private ended(session: Session): void {
    if (this.session !== session) return;
    this.session = null;
    for (const end of this.endings) end();
    this.endings = [];
    this.dropMicrophone();
    this.meters.far?.close();
    this.meters = {};
    this.world.speaker.play(null);
    this.tell({ type: "ended", id: session.id });
  }

  private dropMicrophone(): void {
    this.meters.microphone?.close();
    if (this.microphone) this.world.close(this.microphone);
    this.microphone = null;
  }

  private talking(): Session | null {
    return this.current.call?.phase === "talking" ? this.session : null;
  }

  private fail(what: Trouble): void {
    this.tell({ type: "trouble", what });
  }

  private tell(event: PhoneEvent): void {
    const next = reduce(this.current, event);
    if (next === this.current) return;
    this.current = next;
    for (const listener of this.listeners) listener(next);
  }
}

function microphoneTrouble(error: unknown): Trouble {
  const refused = error instanceof DOMException && error.name === "NotAllowedError";
  return refused ? "microphone-refused" : "microphone-missing";
}

/** The real browser. */
export function browser(): World {
  return {
    now: () => Date.now(),
    after(seconds, act) {
      const timer = setTimeout(act, seconds * 1000);
      return () => clearTimeout(timer);
    },
    every(seconds, act) {
      const timer = setInterval(act, seconds * 1000);
      return () => clearInterval(timer);
    },
    alone(first) {
      const gaveUp = new AbortController();
      let release = (): void => gaveUp.abort();
      const held = (): Promise<void> =>
        new Promise((resolve) => {
          release = resolve;
          first();
        });
      navigator.locks.request("cordboard-phone", { signal: gaveUp.signal }, held).catch(() => undefined);
      return () => release();
    },
    onOnline: (act) => on("online", act),
    onLeaving: (act) => on("pagehide", act),
    openMicrophone,
    close,
    meter: (stream) => new Meter(stream),
    speaker: new Speaker(),
  };
}

function on(event: string, act: () => void): () => void {
  window.addEventListener(event, act);
  return () => window.removeEventListener(event, act);
}
