import { beforeEach, describe, expect, it } from "vitest";
import { Softphone, type Agent, type Heard, type Session, type Turn, type World } from "./softphone";

class FakeAgent implements Agent {
  heard!: Heard;
  readonly asked: string[] = [];
  start(heard: Heard): void {
    this.heard = heard;
  }
  register(): void {
    this.asked.push("register");
  }
  reconnect(): void {
    this.asked.push("reconnect");
  }
  stop(quietly: boolean): void {
    this.asked.push(quietly ? "stop quietly" : "stop");
  }
}

class FakeSession implements Session {
  readonly number = "5550123";
  readonly name = "Ann";
  readonly connection = { iceConnectionState: "connected" } as RTCPeerConnection;
  readonly alertInfo: string[] = [];
  readonly asked: string[] = [];
  constructor(
    readonly id: string,
    readonly callInfo: string[] = [],
  ) {}
  answer(): void {
    this.asked.push("answer");
  }
  refuse(): void {
    this.asked.push("refuse");
  }
  hangUp(): void {
    this.asked.push("hang up");
  }
  mute(on: boolean): void {
    this.asked.push(`mute ${on}`);
  }
  hold(on: boolean, done: () => void): boolean {
    this.asked.push(`hold ${on}`);
    done();
    return true;
  }
  renew(ice: boolean): boolean {
    this.asked.push(`renew ${ice}`);
    return true;
  }
  press(digits: string): void {
    this.asked.push(`press ${digits}`);
  }
}

/** A browser whose time passes when it is told to. */
class FakeWorld implements World {
  timers: { at: number; act: () => void }[] = [];
  open = 0;
  refuses: Error | null = null;
  online = (): void => undefined;
  leaving = (): void => undefined;
  takeOver = (): void => undefined;
  taken = (): void => undefined;
  released = false;
  took = 0;
  readonly speaker = { play: () => undefined, use: () => Promise.resolve() };
  now = (): number => 1000;
  after(seconds: number, act: () => void): () => void {
    const timer = { at: seconds, act };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((one) => one !== timer));
  }
  every = (): (() => void) => () => undefined;
  alone(mine: () => void, taken: () => void): Turn {
    [this.takeOver, this.taken] = [mine, taken];
    return { take: () => void this.took++, release: () => (this.released = true) };
  }
  onOnline(act: () => void): () => void {
    this.online = act;
    return () => undefined;
  }
  onLeaving(act: () => void): () => void {
    this.leaving = act;
    return () => undefined;
  }
  async openMicrophone(): Promise<MediaStream> {
    if (this.refuses) throw this.refuses;
    this.open++;
    return {} as MediaStream;
  }
  close(): void {
    this.open--;
  }
  meter = (): { level: () => number; close: () => void } => ({ level: () => 0.5, close: () => undefined });
  pass(): void {
    const due = this.timers;
    this.timers = [];
    for (const { act } of due) act();
  }
}

let agent: FakeAgent;
let world: FakeWorld;
let phone: Softphone;

beforeEach(() => {
  [agent, world] = [new FakeAgent(), new FakeWorld()];
  phone = new Softphone(agent, world);
  phone.start();
  world.takeOver();
  agent.heard.registered();
});

function rings(id: string, callInfo?: string[]): FakeSession {
  const session = new FakeSession(id, callInfo);
  agent.heard.rings(session);
  return session;
}

async function talks(id: string): Promise<FakeSession> {
  const session = rings(id);
  await phone.answer();
  agent.heard.talks(session);
  return session;
}

describe("the line", () => {
  it("waits while another tab is the phone", () => {
    const second = new Softphone(agent, world);
    second.start();
    expect(second.state.line).toBe("elsewhere");
    world.takeOver();
    agent.heard.connecting();
    expect(second.state.line).toBe("connecting");
  });

  it("tries again where it is refused", () => {
    agent.heard.refused("Rejected");
    expect(phone.state).toMatchObject({ line: "refused", why: "Rejected" });
    world.pass();
    expect(agent.asked).toEqual(["register"]);
  });

  it("connects anew when the network is back", () => {
    world.online();
    expect(agent.asked).toEqual(["reconnect"]);
  });

  it("gives the line to the next tab and ends the call when the page is left", async () => {
    const session = await talks("a");
    world.leaving();
    expect(session.asked).toContain("hang up");
    expect([agent.asked, world.released, phone.state.line]).toEqual([["stop"], true, "off"]);
  });
});

describe("a talk that is left behind", () => {
  let left: number;
  beforeEach(() => {
    left = 0;
    agent = new FakeAgent();
    phone = new Softphone(agent, world, () => left++);
    phone.start();
    world.takeOver();
  });

  it("is not hung up by a page that goes", async () => {
    const session = await talks("a");
    world.leaving();
    expect([session.asked, left, agent.asked]).toEqual([["answer"], 1, ["stop quietly"]]);
    expect([world.open, phone.state.call]).toEqual([0, null]);
  });

  it("nor when another tab takes the phone; a ring is refused", async () => {
    const session = rings("a");
    world.taken();
    expect([session.asked, left, phone.state.line]).toEqual([["hang up"], 0, "elsewhere"]);
    world.takeOver();
    await talks("b");
    world.taken();
    expect([left, agent.asked]).toEqual([1, ["stop", "stop quietly"]]);
  });

  it("is taken by the tab that wants it, if that is not the phone", () => {
    agent.heard.registered();
    phone.takeOver();
    expect(world.took).toBe(0);
    world.taken();
    phone.takeOver();
    expect(world.took).toBe(1);
  });
});

describe("a call", () => {
  it("is answered, talked on and over", async () => {
    const session = await talks("a");
    expect(session.asked).toEqual(["answer"]);
    expect(phone.state.call).toMatchObject({ phase: "talking", number: "5550123", answeredAt: 1000 });
    expect(phone.levels()).toEqual({ microphone: 0.5, far: 0 });
    agent.heard.ended(session);
    expect([phone.state.call, world.open]).toEqual([null, 0]);
  });

  it("is refused as busy while there is another", async () => {
    await talks("a");
    expect(rings("b").asked).toEqual(["refuse"]);
    expect(phone.state.call?.id).toBe("a");
  });

  it("rings on where there is no microphone", async () => {
    world.refuses = new DOMException("", "NotAllowedError");
    const session = rings("a");
    await phone.answer();
    expect(phone.state).toMatchObject({ trouble: "microphone-refused", call: { phase: "ringing" } });
    world.refuses = null;
    await phone.answer();
    expect(session.asked).toEqual(["answer"]);
  });

  it("that ends while the microphone is asked for is not answered, and nothing stays open", async () => {
    const session = rings("a");
    const answering = phone.answer();
    agent.heard.ended(session);
    await answering;
    expect([session.asked, world.open, phone.state.call]).toEqual([[], 0, null]);
  });

  it("is answered by itself where its headers ask for it, and not after its end", async () => {
    const header = ["<sip:cordboard>;answer-after=0"];
    agent.heard.ended(rings("a", header));
    expect(world.timers).toEqual([]);
    const session = rings("b", header);
    world.pass();
    await Promise.resolve();
    await Promise.resolve();
    expect(session.asked).toEqual(["answer"]);
  });
});

describe("in a talk", () => {
  it("mute, hold and digits go to the call", async () => {
    const session = await talks("a");
    phone.mute(true);
    phone.hold(true);
    phone.hold(true); // it is held already
    phone.press("5#");
    phone.press("5;x"); // no digits
    expect(session.asked).toEqual(["answer", "mute true", "hold true", "press 5#"]);
    expect(phone.state.call).toMatchObject({ muted: true, held: true });
  });

  it("a lost connection does not end it, and Asterisk is told where the phone is now", async () => {
    const session = await talks("a");
    agent.heard.lost("cut");
    phone.hold(true);
    expect(phone.state).toMatchObject({ line: "lost", trouble: "not-connected", call: { phase: "talking" } });
    agent.heard.connecting();
    expect(phone.state.line).toBe("lost");
    agent.heard.registered();
    agent.heard.registered(); // renewed each minute
    expect(session.asked).toEqual(["answer", "renew false"]);
  });
});

it("nothing is asked of a call that is not there", async () => {
  await phone.answer();
  phone.refuse();
  phone.mute(true);
  phone.hold(true);
  phone.press("1");
  phone.hangUp();
  expect(phone.state.call).toBeNull();
});
