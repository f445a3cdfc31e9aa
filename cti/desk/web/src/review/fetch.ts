// All of a call that is reviewed, asked for at once.

import { api } from "../lib/api";
import type { Comment, Details, Moment } from "./types";

const read = <T>(path: string) => api<T>("GET", path);

export interface Reviewed {
  details: Details;
  moments: Moment[];
  comments: Comment[];
}

/** With `ask` as it is to be asked for. Raises ApiError; 404 where the record is not written yet. */
export async function reviewed(call: string, ask: <T>(path: string) => Promise<T> = read): Promise<Reviewed> {
  const path = `/api/records/${encodeURIComponent(call)}`;
  const details = await ask<Details>(path);
  const [moments, comments] = await Promise.all([ask<Moment[]>(`${path}/journey`), ask<Comment[]>(`${path}/comments`)]);
  return { details, moments, comments };
}
