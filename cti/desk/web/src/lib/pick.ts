/** Something that can be chosen by typing a part of it. */
export interface Option {
  key: string;
  text: string;
  /** What it is, shown beside its text. */
  kind?: string;
}

/**
 * The options that have each word typed in them, without regard to case: first those that begin with
 * what was typed, then those with a word that does, each in the order given.
 */
export function matching<O extends Option>(options: readonly O[], typed: string): O[] {
  const sought = typed.trim().toLowerCase();
  const words = sought.split(/\s+/);
  const rank = ({ text }: O) => {
    const low = text.toLowerCase();
    if (low.startsWith(sought)) return 0;
    return low.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(sought)) ? 1 : 2;
  };
  return options
    .filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)))
    .map((option) => [rank(option), option] as const)
    .sort(([a], [b]) => a - b)
    .map(([, option]) => option);
}
