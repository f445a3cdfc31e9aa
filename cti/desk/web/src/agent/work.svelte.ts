import { api } from "../lib/api";
import { feed } from "../lib/feed.svelte";
import { t } from "../lib/i18n.svelte";
import { clock } from "../lib/time.svelte";
import { say } from "../lib/toasts.svelte";
import type { AgentNow, AgentState, AskedState } from "../lib/types";
import type { Talk } from "./after";

export const MORE_S = 30;
export const WARN_S = 10;
const WRITES: AgentState[] = ["talking", "wrap-up"];
const CHOOSES_PHONE: AgentState[] = ["ready", "not ready", "offline"];

/** An agent's own work: state, more or less wrap-up, and which phone rings. */
export class Work {
  /** What the feed doesn't say of me: end of wrap-up, state after it, phones. */
  mine: AgentNow | null = $state.raw(null);
  /** Why I would be not ready. */
  reason = $state("");
  /** The phone chosen here; empty where that is the one I sit at. */
  #chosen = $state("");
  #asked = 0;
  #taken = 0;

  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get now() {
    return feed.agents.get(this.name) ?? this.mine;
  }

  /** When wrap-up ends, in Unix seconds; null where I am in none, or it has no end. */
  get wrapUpEnds(): number | null {
    return this.now?.state === "wrap-up" && this.mine?.state === "wrap-up" ? this.mine.until : null;
  }

  get wrapUpEndsSoon(): boolean {
    return this.wrapUpEnds !== null && this.wrapUpEnds - clock.now <= WARN_S;
  }

  /** The talk one may write of: it goes on, is in wrap-up, or its disposition is owed. */
  get talk(): Talk | null {
    const mine = this.mine;
    if (!mine?.last_call || !(mine.owes || WRITES.includes(mine.state))) return null;
    return { call: mine.last_call, queue: mine.last_queue };
  }

  get phone(): string {
    return this.#chosen || (this.mine?.phone ?? "");
  }

  get choosesPhone(): boolean {
    return this.now !== null && CHOOSES_PHONE.includes(this.now.state);
  }

  /** Asks the server for what the feed doesn't say. */
  async look(): Promise<void> {
    await this.#take(api<AgentNow[]>("GET", "/api/agents").then(([mine = null]) => mine));
  }

  async ask(state: AskedState): Promise<void> {
    await this.#askState(state, state === "not ready" ? this.reason.trim() : "");
    if (this.mine?.after_call) say(t("agent.after", { state: t(`state.${this.mine.after_call}`) }));
  }

  async moreTime(): Promise<void> {
    await this.#take(api<AgentNow>("POST", `${this.#path}/wrap-up`, { seconds: MORE_S }));
  }

  /** Sits at another phone at once or, while offline, from log-in on. */
  async sitAt(phone: string): Promise<void> {
    const now = this.now;
    if (!now) return;
    this.#chosen = phone;
    if (now.state === "offline") return say(t("agent.phoneLater", { phone }));
    try {
      await this.#askState(now.state, now.reason);
      say(t("agent.phoneNow", { phone }));
    } finally {
      this.#chosen = "";
    }
  }

  async #askState(state: AgentState, reason: string): Promise<void> {
    const phone = this.#chosen ? { phone: this.#chosen } : {};
    await this.#take(api<AgentNow>("POST", `${this.#path}/state`, { state, reason, ...phone }));
    this.#chosen = "";
  }

  /** Answers may overtake each other: one to an earlier question says nothing any more. */
  async #take(answer: Promise<AgentNow | null>): Promise<void> {
    const nth = ++this.#asked;
    const mine = await answer;
    if (nth < this.#taken) return;
    this.#taken = nth;
    this.mine = mine;
  }

  get #path(): string {
    return `/api/agents/${encodeURIComponent(this.name)}`;
  }
}
