import * as admin from "./admin";
import * as agent from "./agent";
import * as common from "./common";
import * as consult from "./consult";
import * as customers from "./customers";
import * as desk from "./desk";
import * as detour from "./detour";
import * as floor from "./floor";
import * as login from "./login";
import * as park from "./park";
import * as phone from "./phone";
import * as supervisor from "./supervisor";
import * as talk from "./talk";

/** All words of the pages, by key. A key begins with its area or kind: `agent.title`, `state.ready`. */
export const en = {
  ...admin.en,
  ...agent.en,
  ...common.en,
  ...consult.en,
  ...customers.en,
  ...desk.en,
  ...detour.en,
  ...floor.en,
  ...login.en,
  ...park.en,
  ...phone.en,
  ...supervisor.en,
  ...talk.en,
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
  ...floor.zh,
  ...login.zh,
  ...park.zh,
  ...phone.zh,
  ...supervisor.zh,
  ...talk.zh,
};
