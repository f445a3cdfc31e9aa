// The log-in of a page lasts while it is renewed: before its token is over, and once where it was over already,
// as after a laptop's sleep. The tokens themselves are in cookies that no script can read.

import { keep, kept } from "./kept";

/** The server's tokens are good for 15 minutes. */
const RENEW_MS = 10 * 60_000;
const LOOK_MS = 30_000;
const RENEWED = "renewed";

let asking: Promise<boolean> | null = null;
let leaving = false;
const never = new Promise<never>(() => undefined);

/**
 * Runs what ends the log-in. The page is left after that: whatever else it asks for from now on is not sent and has
 * no answer, for else the last words of the feed would have it ask by a log-in that is over.
 */
export async function last(work: () => Promise<void>): Promise<void> {
  leaving = true;
  try {
    await work();
  } catch (error) {
    leaving = false;
    throw error;
  }
}

/** Renews the log-in, for all pages of this browser. Whether there is one still; rejects where no answer came. */
export function renew(): Promise<boolean> {
  if (leaving) return never;
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask(): Promise<boolean> {
  const answer = await fetch("/api/refresh", { method: "POST" });
  if (answer.status >= 500) throw new Error(answer.statusText);
  renewed();
  return answer.ok;
}

/** Is told of a log-in: pages need not renew it for a while. */
export function renewed(): void {
  keep(RENEWED, String(Date.now()));
}

/** As fetch, by a log-in that is renewed if it was over. */
export async function asked(path: string, how?: RequestInit): Promise<Response> {
  if (leaving) return never;
  const answer = await fetch(path, how);
  return answer.status === 401 && (await renew()) ? fetch(path, how) : answer;
}

/** Renews the log-in in time for as long as the page is there. */
export function keepRenewed(): void {
  if (kept(RENEWED) === null) renewed();
  const look = () => {
    const at = kept(RENEWED);
    // Another tab may have done it: all of them share cookies and this time.
    if (at !== null && Math.abs(Date.now() - Number(at)) >= RENEW_MS) void renew().catch(() => undefined);
  };
  look();
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
}
