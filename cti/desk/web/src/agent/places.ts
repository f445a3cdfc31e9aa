import { t } from "../lib/i18n.svelte";
import { matching, type Option } from "../lib/pick";
import type { AgentState } from "../lib/types";

/** `GET /api/places`: where a caller may be sent. */
export interface Places {
  queues: string[];
  agents: { name: string; state: AgentState }[];
  flows: string[];
  /** Those of the flows from which a caller can come back. */
  back: string[];
  /** Each is a number, or with a `*` at its end what numbers begin with. */
  numbers: string[];
}

export interface Place extends Option {
  /** As `POST /api/calls/{id}/transfer` wants it. */
  to: { queue?: string; agent?: string; flow?: string; number?: string };
}

/** The places that fit what was typed; a number that was typed too, if callers may be sent there. */
export function places(there: Places, typed: string): Place[] {
  const ready = (state: AgentState) => Number(state !== "ready");
  const all: Place[] = [
    ...there.queues.map((queue) => ({ key: `queue ${queue}`, text: queue, kind: t("control.to.queue"), to: { queue } })),
    ...[...there.agents]
      .sort((a, b) => ready(a.state) - ready(b.state))
      .map(({ name, state }) => ({
        key: `agent ${name}`,
        text: name,
        kind: t("control.to.agent", { state: t(`state.${state}`) }),
        to: { agent: name },
      })),
    ...there.flows.map((flow) => ({ key: `flow ${flow}`, text: flow, kind: t("control.to.flow"), to: { flow } })),
    ...there.numbers.filter((number) => !number.endsWith("*")).map(toNumber),
  ];
  const number = typed.replace(/[\s()./-]/g, "");
  const fit = matching(all, typed);
  const known = fit.some(({ to }) => to.number === number);
  return allowed(number, there.numbers) && !known ? [...fit, toNumber(number)] : fit;
}

function toNumber(number: string): Place {
  return { key: `number ${number}`, text: number, kind: t("control.to.number"), to: { number } };
}

/** Whether this is a number, and one of the list. */
export function allowed(number: string, list: readonly string[]): boolean {
  if (!/^\+?[0-9]{1,32}$/.test(number)) return false;
  return list.some((one) =>
    one.endsWith("*") ? number.startsWith(one.slice(0, -1)) && number.length >= one.length : number === one,
  );
}
