/** What this browser keeps of a user's choices. Where it keeps nothing, choices last as long as the page. */

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`cordboard.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`cordboard.${name}`, value);
  } catch {
    // A private window, or storage that is full.
  }
}
