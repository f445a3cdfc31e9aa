import * as admin from "./admin";
import * as agent from "./agent";
import * as common from "./common";
import * as consult from "./consult";
import * as customers from "./customers";
import * as desk from "./desk";
import * as detour from "./detour";
import * as faulty from "./faulty";
import * as floor from "./floor";
import * as keeping from "./keeping";
import * as login from "./login";
import * as numbers from "./numbers";
import * as park from "./park";
import * as phone from "./phone";
import * as quality from "./quality";
import * as review from "./review";
import * as reports from "./reports";
import * as sessions from "./sessions";
import * as supervisor from "./supervisor";
import * as talk from "./talk";
import * as transcript from "./transcript";

/** All words of the pages, by key. A key begins with its area or kind: `agent.title`, `state.ready`. */
export const en = {
  ...admin.en,
  ...agent.en,
  ...common.en,
  ...consult.en,
  ...customers.en,
  ...desk.en,
  ...detour.en,
  ...faulty.en,
  ...floor.en,
  ...keeping.en,
  ...login.en,
  ...numbers.en,
  ...park.en,
  ...phone.en,
  ...quality.en,
  ...review.en,
  ...reports.en,
  ...sessions.en,
  ...supervisor.en,
  ...talk.en,
  ...transcript.en,
};

export type Key = keyof typeof en;

export const zh: Record<Key, string> = {
  ...admin.zh,
  ...agent.zh,
  ...common.zh,
  ...consult.zh,
  ...customers.zh,
  ...desk.zh,
  ...detour.zh,
  ...faulty.zh,
  ...floor.zh,
  ...keeping.zh,
  ...login.zh,
  ...numbers.zh,
  ...park.zh,
  ...phone.zh,
  ...quality.zh,
  ...review.zh,
  ...reports.zh,
  ...sessions.zh,
  ...supervisor.zh,
  ...talk.zh,
  ...transcript.zh,
};
