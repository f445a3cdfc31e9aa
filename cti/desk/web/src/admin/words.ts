// What was done, in words.

import { en as words } from "../i18n/admin";
import type { Key } from "../i18n/words";
import { t } from "../lib/i18n.svelte";

const PREFIX = "deed.";

/** All that the audit log may say was done. */
export const DEEDS = Object.keys(words).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));

/** One of them in words; a newer server's own word where it isn't known. */
export function deed(what: string): string {
  return DEEDS.includes(what) ? t(`${PREFIX}${what}` as Key) : what;
}
