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
  /** Ends all; may be started again. `quietly` tells Asterisk nothing: its side of a talk is left as it is. */
  stop(quietly: boolean): void;
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
  /** Calls `mine` when this tab becomes the one that is the phone, and `taken` when another takes that. */
  alone(mine: () => void, taken: () => void): Turn;
  onOnline(act: () => void): () => void;
  onLeaving(act: () => void): () => void;
  openMicrophone(id: string): Promise<MediaStream>;
  close(stream: MediaStream): void;
  meter(stream: MediaStream): Pick<Meter, "level" | "close">;
  speaker: Pick<Speaker, "play" | "use">;
}

/** This tab's turn among those of one browser: to be had at once, or given to the next. */
export interface Turn {
  take(): void;
  release(): void;
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
  private turn: Turn | null = null;

  /** `leftBehind` is told when a talk is left, not ended: by a page that goes, or for another tab. Without
   * it, such a talk is hung up. */
  constructor(
    private readonly agent: Agent,
    private readonly world: World = browser(),
    private readonly leftBehind?: () => void,
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
    if (this.turn) return;
    this.tell({ type: "line", line: "elsewhere" });
    this.turn = this.world.alone(
      () => this.begin(),
      () => {
        this.leave();
        this.tell({ type: "line", line: "elsewhere" });
      },
    );
    this.running.push(
      () => this.turn?.release(),
      this.world.onOnline(() => this.agent.reconnect()),
      this.world.onLeaving(() => this.stop()),
    );
  }

  /** Becomes the phone now; the tab that was it leaves its talk behind. */
  takeOver(): void {
    if (this.current.line === "elsewhere") this.turn?.take();
  }

  /** Ends the call there may be, and takes the phone off. It is not started again. */
  stop(): void {
    this.leave();
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

  private leave(): void {
    const session = this.session;
    const quietly = this.leftBehind !== undefined && this.talking() !== null;
    if (quietly) this.leftBehind();
    else session?.hangUp();
    this.agent.stop(quietly);
    if (session) this.ended(session);
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
    alone,
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

/** By a lock that one tab has and the others wait for. */
function alone(mine: () => void, taken: () => void): Turn {
  let release: () => void;
  function ask(how: LockOptions): void {
    let had = false;
    const gaveUp = new AbortController();
    release = () => gaveUp.abort();
    const held = (): Promise<void> =>
      new Promise((resolve) => {
        [had, release] = [true, resolve];
        mine();
      });
    const lost = (): void => {
      if (!had) return; // it was given up
      taken();
      ask({});
    };
    const options = how.steal ? how : { signal: gaveUp.signal };
    navigator.locks.request("cordboard-phone", options, held).catch(lost);
  }
  ask({});
  return {
    take() {
      release();
      ask({ steal: true });
    },
    release: () => release(),
  };
}
