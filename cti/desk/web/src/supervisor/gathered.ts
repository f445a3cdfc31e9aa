/**
 * Makes a function that runs `work` when it is called, and not again until `gap` ms after that run
 * ended: calls in the meantime make one run then. So what follows the feed is asked as often as there
 * is news, and never more often than `gap` allows. `work` must not throw.
 */
export function gathered(work: () => Promise<void>, gap: number): () => void {
  let wanted = false;
  let busy = false;

  async function run() {
    busy = true;
    wanted = false;
    await work();
    setTimeout(() => {
      busy = false;
      if (wanted) void run();
    }, gap);
  }

  return () => {
    wanted = true;
    if (!busy) void run();
  };
}
