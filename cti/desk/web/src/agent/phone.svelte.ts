import { api } from "../lib/api";
import { feed } from "../lib/feed.svelte";
import { t } from "../lib/i18n.svelte";
import { keep, kept } from "../lib/kept";
import { sipAgent, type Account } from "../lib/phone-agent";
import { OFF, type PhoneState } from "../lib/phone-state";
import { Ring } from "../lib/ring";
import { browser, Softphone } from "../lib/softphone";
import { attempt, say } from "../lib/toasts.svelte";
import { callerName, type CallRow } from "../lib/types";

const LEFT = "cordboard.left"; // the call whose talk this tab left; its id alone
const BACK_S = 30; // after that anyone of the queue may have the caller

/** The agent's phone in this page: the softphone, the ring, and what the server has to do with both. */
export class DeskPhone {
  readonly softphone: Softphone;
  /** As Asterisk dials it. */
  readonly name: string;
  state: PhoneState = $state.raw(OFF);
  /** The call that is being got back: its talk went on when an earlier page was left. */
  fetching = $state("");
  microphone = $state(kept("microphone") ?? "");
  speaker = $state(kept("speaker") ?? "");
  /** Whether a talk that was left is still to be looked for. */
  #looks = true;
  readonly #ring = new Ring();
  #notice: Notification | null = null;

  /** Throws TypeError: the account's URL is none. */
  constructor(account: Account) {
    this.name = `PJSIP/${account.user}`;
    this.softphone = new Softphone(sipAgent(account), browser(), () => this.#leaveBehind());
    this.softphone.subscribe((state) => this.#changed(state));
    if (this.microphone) void this.softphone.useMicrophone(this.microphone);
    if (this.speaker) void this.softphone.useSpeaker(this.speaker);
  }

  useMicrophone(id: string): void {
    this.microphone = id;
    keep("microphone", id);
    void this.softphone.useMicrophone(id);
  }

  useSpeaker(id: string): void {
    this.speaker = id;
    keep("speaker", id);
    void this.softphone.useSpeaker(id);
  }

  /** Looks once whether there is a talk of mine that this phone should have, and has it ring here again.
   * To be called when the phone is registered and the feed is live; `seat` is the phone I sit at. */
  look(seat: string): void {
    if (!this.#looks) return;
    this.#looks = false;
    const left = sessionStorage.getItem(LEFT);
    sessionStorage.removeItem(LEFT);
    const talk = this.state.call ? undefined : talking();
    if (talk && seat === this.name) void this.#fetch(talk);
    else if (left && !this.state.call) say(t("phone.gone"), true);
  }

  async #fetch(call: CallRow): Promise<void> {
    this.fetching = call.id;
    setTimeout(() => {
      if (!this.fetching) return;
      this.fetching = "";
      say(t("phone.notBack"), true);
    }, BACK_S * 1000);
    if ((await attempt(() => api("POST", `/api/calls/${call.id}/fetch`))) === undefined) this.fetching = "";
  }

  /** The talk ends here and nowhere else: the caller goes on hold. */
  #leaveBehind(): void {
    const talk = talking();
    if (!talk) return;
    sessionStorage.setItem(LEFT, talk.id);
    // It must outlive the page.
    fetch(`/api/calls/${talk.id}/leave`, { method: "POST", keepalive: true }).catch(() => undefined);
  }

  #changed(state: PhoneState): void {
    const before = this.state;
    this.state = state;
    if (state.line === "elsewhere") this.#lineGone(before.line === "off");
    if (state.call?.phase === "talking") this.fetching = "";
    const rings = state.call?.phase === "ringing";
    if (rings === (before.call?.phase === "ringing")) return;
    if (rings && this.fetching) void this.softphone.answer();
    else if (rings) this.#startRing();
    else this.#stopRing();
  }

  /** Another tab is the phone: from the beginning, or since it took that over. */
  #lineGone(always: boolean): void {
    this.#looks = true;
    if (always || !sessionStorage.getItem(LEFT)) return;
    sessionStorage.removeItem(LEFT);
    say(t("phone.taken"), true);
  }

  #startRing(): void {
    this.#ring.start();
    if (document.hasFocus() || globalThis.Notification?.permission !== "granted") return;
    const card = [...feed.calls.values()].find((call) => call.offer && call.offer !== "connected");
    const who = (card && callerName(card)) || this.state.call?.number || t("caller.unknown");
    this.#notice = new Notification(t("phone.notice", { who }), { body: card?.queue ?? "", tag: "cordboard-ring" });
    this.#notice.onclick = () => window.focus();
  }

  #stopRing(): void {
    this.#ring.stop();
    this.#notice?.close();
    this.#notice = null;
  }
}

/** The call on which I talk, as the server knows it. */
export function talking(): CallRow | undefined {
  return [...feed.calls.values()].find((call) => call.offer === "connected");
}
