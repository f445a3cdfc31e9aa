import { en, zh, type Key } from "../i18n/words";
import { keep, kept } from "./kept";

export type Language = "en" | "zh";

/** The languages by their own names. */
export const LANGUAGES: Record<Language, string> = { en: "English", zh: "中文" };

const WORDS: Record<Language, Record<Key, string>> = { en, zh };

/** The language of the pages: the one chosen here before, else the first of `wanted` that there is. */
export function choose(chosen: string | null, wanted: readonly string[]): Language {
  const known = [chosen ?? "", ...wanted].map((tag) => tag.slice(0, 2).toLowerCase());
  return known.find((tag): tag is Language => Object.hasOwn(WORDS, tag)) ?? "en";
}

class I18n {
  language: Language = $state(choose(kept("language"), globalThis.navigator?.languages ?? []));

  /** For Intl: dates and numbers in the pages' language. */
  get tag(): string {
    return this.language === "zh" ? "zh-CN" : "en";
  }

  set(language: Language): void {
    this.language = language;
    keep("language", language);
  }
}

export const i18n = new I18n();

/** The words of a key in the pages' language; `{name}` in them is replaced by what is given for it. */
export function t(key: Key, given: Record<string, string | number> = {}): string {
  return WORDS[i18n.language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}
