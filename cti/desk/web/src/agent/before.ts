import { api } from "../lib/api";
import type { RecordRow } from "../lib/types";
import type { Recording } from "../supervisor/types";
import type { FollowUp } from "./followups";
import type { Said } from "./history";

/** `GET /api/calls/{id}/before`: what was before with the caller. */
export interface Before {
  contacts: RecordRow[];
  said: Said[];
  recordings: (Recording & { call: string })[];
  followups: FollowUp[];
}

/** What was before with a call's caller, and what to suggest to him. */
export async function aside(call: string): Promise<[Before, string[]]> {
  const path = `/api/calls/${encodeURIComponent(call)}`;
  return Promise.all([api<Before>("GET", `${path}/before`), api<string[]>("GET", `${path}/suggestions`)]);
}
