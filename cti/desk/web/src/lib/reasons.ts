import { zh } from "../i18n/reasons";
import { en } from "../i18n/words";
import { i18n, t } from "./i18n.svelte";

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Those with something filled in; who says the most by itself is asked first. */
const FILLED = Object.entries(zh)
  .filter(([said]) => said.includes("{}"))
  .map(([said, words]) => ({ said, words, like: new RegExp(`^${said.split("{}").map(literally).join("(.*?)")}$`, "s") }))
  .sort((one, other) => other.said.replaceAll("{}", "").length - one.said.replaceAll("{}", "").length);

/** Why the server refused something, in the pages' language as far as that is known. */
export function reason(text: string): string {
  if (i18n.language === "en") return text;
  const whole = zh[text];
  if (whole !== undefined) return whole;
  for (const { words, like } of FILLED) {
    const found = like.exec(text);
    if (found) return words.replace(/\{(\d)\}/g, (_, at: string) => value(found[Number(at)] ?? ""));
  }
  return text;
}

/** What is filled in: a state, a reason that is part of this one, or a name. */
function value(text: string): string {
  const state = `state.${text}`;
  return Object.hasOwn(en, state) ? t(state as keyof typeof en) : reason(text);
}
