// Which rows of a long list are put into the page.

export interface Window {
  /** The rows from `first` up to, not including, `last`. */
  first: number;
  last: number;
  /** Pixels that stand for the rows before and after them. */
  above: number;
  below: number;
}

/** Rows put there on either side of what is seen, so that a turn of the wheel finds them. */
export const SPARE = 8;

/** The window of `count` rows of `row` pixels, of which `height` pixels are seen from `top` on. */
export function windowed(count: number, top: number, height: number, row: number): Window {
  const from = Math.min(Math.max(0, Math.floor(top / row)), count);
  const seen = Math.ceil(height / row) + 1;
  const first = Math.max(0, from - SPARE);
  const last = Math.min(count, from + seen + SPARE);
  return { first, last, above: first * row, below: (count - last) * row };
}

/** Where to scroll to so that row `index` is seen under a head of `head` pixels; `top` where it is already. */
export function reveal(index: number, top: number, height: number, row: number, head: number): number {
  const start = index * row;
  const room = height - head;
  if (start < top) return start;
  return start + row > top + room ? start + row - room : top;
}

/** The row that a key leads to from row `at` (-1: none yet), where `page` rows are seen; null for other keys. */
export function moved(key: string, at: number, count: number, page: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? 0 : at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || !count ? null : Math.max(0, Math.min(count - 1, to));
}
