import * as agent from "./agent";
import * as common from "./common";
import * as consult from "./consult";
import * as login from "./login";
import * as supervisor from "./supervisor";

/** All words of the pages, by key. A key begins with its area or kind: `agent.title`, `state.ready`. */
export const en = { ...common.en, ...login.en, ...agent.en, ...consult.en, ...supervisor.en };

export type Key = keyof typeof en;

export const zh: Record<Key, string> = { ...common.zh, ...login.zh, ...agent.zh, ...consult.zh, ...supervisor.zh };
