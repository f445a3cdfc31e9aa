import { i18n, t } from "./i18n.svelte";

/** The server's clock, as this page knows it. */
class ServerClock {
  /** Seconds that the server's clock is ahead of ours. */
  #ahead = 0;
  /** The server's time in Unix seconds; moves on each second. */
  now = $state(Date.now() / 1000);

  constructor() {
    setInterval(() => this.tick(), 1000);
  }

  /** The server has just said its time. */
  set(now: number): void {
    this.#ahead = now - Date.now() / 1000;
    this.tick();
  }

  tick(): void {
    this.now = Date.now() / 1000 + this.#ahead;
  }
}

export const clock = new ServerClock();

/** Seconds as 0:05, 12:34 or 1:02:03; a dash for nothing. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Unix seconds as local date and time; a dash for nothing. */
export function when(at: number | null | undefined): string {
  return at ? new Date(at * 1000).toLocaleString(i18n.tag, { dateStyle: "short", timeStyle: "short" }) : "–";
}

/** A wait as people say it, rounded to minutes. */
export function roughly(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return t("time.notKnown");
  const minutes = Math.round(seconds / 60);
  return minutes ? t("time.about", { minutes }) : t("time.under");
}
