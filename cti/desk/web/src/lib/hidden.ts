// Numbers of people as the server hides them, such as 138****1234, and asking for them whole.

import { api } from "./api";
import type { Me } from "./types";

const STARS = /\d[ .()/‐-―-]{0,2}\*\*|\S\*\*\*@/;

/** Whether anything in this is hidden. */
export function hidden(value: unknown): boolean {
  return STARS.test(JSON.stringify(value) ?? "");
}

/** Whether somebody may have numbers shown. */
export function mayAsk(me: Me): boolean {
  return me.numbers !== "never";
}

/** What is at a path, with all numbers whole. The audit log has who has asked. Throws ApiError. */
export function whole<T>(path: string): Promise<T> {
  return api<T>("GET", path, undefined, { "Cordboard-Numbers": "whole" });
}

const LEAST = 7;

/** Whether a hidden number could be this one: as far as both go, from their ends. */
export function hides(text: string, number: string): boolean {
  if (!text.includes("**")) return false;
  const [stars, digits] = [text.replace(/[^\d*]/g, ""), number.replace(/\D/g, "")];
  const length = Math.min(stars.length, digits.length);
  if (length < LEAST) return false;
  return [...stars.slice(-length)].every((one, at) => one === "*" || one === digits.slice(-length)[at]);
}
