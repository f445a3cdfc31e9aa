// Alerts in words, and where they show on the board.

import type { Alert, FigureName } from "../lib/board";
import { t } from "../lib/i18n.svelte";
import { duration } from "../lib/time.svelte";

/** A share as people say it; a dash for nothing. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)}%`;
}

export function figure(name: FigureName, value: number): string {
  if (name === "longest wait" || name === "mean wait") return duration(value);
  return name.startsWith("service level") ? percent(value) : String(value);
}

export function inWords(alert: Alert): string {
  if (alert.figure === "room for recordings") {
    const hours = Math.round((alert.below ?? 0) / 3600);
    return hours ? t("room.low", { hours: String(hours) }) : t("room.full");
  }
  const limit = figure(alert.figure, alert.above ?? alert.below ?? 0);
  const given = { queue: alert.queue, figure: t(`figure.${alert.figure}`), limit };
  return t(alert.above === undefined ? "alerts.below" : "alerts.above", given);
}

/** The alerts that are raised: nobody's first, of those the oldest. */
export function ordered(alerts: Iterable<Alert>): Alert[] {
  return [...alerts].sort(
    (a, b) => Number(a.seen_by !== "") - Number(b.seen_by !== "") || a.since - b.since || (a.id < b.id ? -1 : 1),
  );
}

/** Which columns of the queues show the figure of an alert. */
export const SHOWN_IN: Record<FigureName, string> = {
  waiting: "waiting",
  "longest wait": "longest",
  abandoned: "abandoned",
  "service level of answered": "today",
  "service level of offered": "today",
  "mean wait": "mean",
  "room for recordings": "",
};
