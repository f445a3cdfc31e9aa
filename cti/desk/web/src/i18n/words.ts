import * as agent from "./agent";
import * as common from "./common";
import * as floor from "./floor";
import * as login from "./login";
import * as supervisor from "./supervisor";

/** All words of the pages, by key. A key begins with its area or kind: `agent.title`, `state.ready`. */
export const en = { ...common.en, ...login.en, ...agent.en, ...supervisor.en, ...floor.en };

export type Key = keyof typeof en;

export const zh: Record<Key, string> = { ...common.zh, ...login.zh, ...agent.zh, ...supervisor.zh, ...floor.zh };
