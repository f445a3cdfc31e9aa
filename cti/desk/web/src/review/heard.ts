// Which part of a recording somebody has listened to, told to the server when he stops.

const LEAST_S = 0.2;
const MOST = 200;

/** Stretches that were played, as the browser counts them. */
export function parts(played: Pick<TimeRanges, "length" | "start" | "end">): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 0; at < Math.min(played.length, MOST); at++) {
    const [begin, end] = [played.start(at), played.end(at)];
    if (end - begin >= LEAST_S) found.push([Math.round(begin * 10) / 10, Math.round(end * 10) / 10]);
  }
  return found;
}

/** The path of a recording in the API. */
export function pathOf(stem: string): string {
  return `/api/recordings/${stem.split("/").map(encodeURIComponent).join("/")}`;
}

/** Tells what was played of a sound at its end, and when it or the page is left. For `{@attach}`. */
export function tellsHeard(stem: string, share?: string): (audio: HTMLMediaElement) => () => void {
  return (audio) => {
    let told = "";
    function tell() {
      const body = JSON.stringify({ parts: parts(audio.played), ...(share ? { share } : {}) });
      if (audio.played.length === 0 || body === told || body.startsWith('{"parts":[]')) return;
      told = body;
      // It goes on after the page is gone; what goes wrong is nobody's to mend here.
      const headers = { "Content-Type": "application/json" };
      void fetch(`${pathOf(stem)}/heard`, { method: "POST", headers, body, keepalive: true }).catch(() => {});
    }
    audio.addEventListener("ended", tell);
    addEventListener("pagehide", tell);
    return () => {
      tell();
      audio.removeEventListener("ended", tell);
      removeEventListener("pagehide", tell);
    };
  };
}
