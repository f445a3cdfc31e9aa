// Calls in words.

import { t } from "../lib/i18n.svelte";
import { callerName, confers, partyName, type CallRow } from "../lib/types";

export function nameOf(call: { caller: string; caller_name: string }): string {
  return callerName(call) || t("caller.unknown");
}

/** Where a call is: the node of a menu, a queue, with whom. */
export function where(call: CallRow): string {
  switch (call.place) {
    case "menu":
      return t("place.menuAt", { node: call.path.at(-1) ?? call.flow });
    case "transfer":
      return t("place.transferTo", { to: call.transferred_to });
    case "queue":
      if (call.offer) return t("place.offered");
      return call.parked ? t("park.row", { agent: call.parked.by }) : t("place.queue");
    case "talk":
      if (call.detour) return t("detour.row", { flow: call.detour });
      if (call.parties.length) return withOthers(call);
      return call.held ? t("place.held") : t("place.talk");
    default:
      return t(`place.${call.place}`);
  }
}

function withOthers(call: CallRow): string {
  const inside = call.parties.filter((party) => party.joined || !confers(call));
  return t(confers(call) ? "consult.rowJoined" : "consult.row", { who: inside.map(partyName).join(", ") });
}

/** Since when the call is where it is, as far as its card tells. */
export function since(call: CallRow): number {
  return call.connected_at ?? call.queued_at ?? call.arrived_at;
}

/** `queue (level)`, or either. */
export function withLevel(queue: string, level: string): string {
  return level ? `${queue} (${level})` : queue;
}
