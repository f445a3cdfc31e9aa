/** A number as people write it, without what is there for the eye only. */
export function dialled(number: string): string {
  return number.replace(/[\s()/.-]/g, "");
}

/** Whether one of the patterns is the number, or ends with a `*` and is what it begins with. */
export function mayDial(allow: readonly string[], number: string): boolean {
  return allow.some((one) => (one.endsWith("*") ? number.startsWith(one.slice(0, -1)) : number === one));
}
