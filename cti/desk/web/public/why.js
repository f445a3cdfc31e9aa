// The waiting calls, and for the one that was opened: why is it still waiting?

import {
  $, api, callerName, cell, countFrom, countTo, each, el, field, roughly, serverNow, setText,
} from "./desk.js";
import { waitingCallback } from "./callbacks.js";

const EVERY_MS = 2_000;
const REASONS_SHOWN = 8; // Agents write their own reasons for not ready: there may be many.

let calls = new Map(); // All live calls, by id.
let opened = null; // The call that is looked into: its id and name.

export function startWaiting() {
  $("why-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog")) close();
  });
  setInterval(() => document.hidden || look(), EVERY_MS);
}

// --- The list ---

/** Shows the calls that wait, the longest wait first. */
export function showWaiting(live) {
  calls = live;
  const waiting = [...live.values()].filter((call) => call.place === "queue").sort((a, b) => a.queued_at - b.queued_at);
  each($("waiting"), waiting, (call) => call.id, makeRow, showRow);
  $("waiting-count").textContent = waiting.length || "";
  $("waiting-list").hidden = waiting.length === 0;
  $("no-waiting").hidden = waiting.length > 0;
  const call = opened && live.get(opened.id);
  const state = call && `${call.place} ${call.offer}`;
  if (opened && opened.state !== state) {
    opened.state = state;
    look();
  }
}

function makeRow(call) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("bdi", { "data-field": "name" }), el("bdi", { class: "quiet number", "data-field": "number" })),
    cell("Queue", "queue"),
    cell("Waited", "wait"),
    cell("Offered to", "agent"),
    cell("", "", whyButton(call.id, () => callerName(calls.get(call.id) ?? call))),
  );
}

function showRow(row, call) {
  setText(field(row, "name"), callerName(call));
  field(row, "number").textContent = call.caller_name ? call.caller : "";
  setText(field(row, "queue"), call.level ? `${call.queue} (${call.level})` : call.queue);
  countFrom(field(row, "wait"), call.queued_at);
  setText(field(row, "agent"), call.agent);
  field(row, "why").setAttribute("aria-label", `Why is ${callerName(call)} still waiting?`);
}

/** A button that opens the reasons of a call, and closes them again. `name` gives what to call it. */
export function whyButton(id, name) {
  return el(
    "button",
    {
      "data-field": "why", "data-why": id, "aria-controls": "why", "aria-expanded": opened?.id === id,
      onclick: () => (opened?.id === id ? close() : open(id, name())),
    },
    "Why?",
  );
}

// --- The reasons ---

function open(id, name) {
  opened = { id, name, over: false, state: undefined };
  setText($("why-name"), name);
  $("why-facts").hidden = true;
  tell("Looking …");
  $("why").hidden = false;
  mark();
  look();
}

function close() {
  if (!opened) return;
  const button = document.querySelector(`[data-why="${CSS.escape(opened.id)}"]`);
  if ($("why").contains(document.activeElement)) button?.focus();
  opened = null;
  $("why").hidden = true;
  mark();
}

function mark() {
  for (const button of document.querySelectorAll("[data-why]")) {
    button.setAttribute("aria-expanded", button.dataset.why === opened?.id);
  }
}

function tell(text) {
  if ($("why-status").textContent !== text) $("why-status").textContent = text;
}

/** Asks anew for the reasons of the opened call. */
async function look() {
  const asked = opened;
  if (!asked || asked.over) return;
  const call = calls.get(asked.id);
  if (call && (call.place !== "queue" || call.offer)) return showInstead(asked);
  try {
    const why = await api("GET", `/api/calls/${encodeURIComponent(asked.id)}/why`);
    if (opened === asked) showWhy(why);
  } catch (error) {
    if (opened !== asked) return;
    if (error.status === 404) return showInstead(asked);
    $("why-facts").hidden = true;
    tell(error.message);
  }
}

/** Shows what a call does that has no reasons: it is being offered, or doesn't wait any more. */
function showInstead(asked) {
  const call = calls.get(asked.id);
  $("why-facts").hidden = true;
  if (call?.place === "queue") return tell(`Being offered to ${call.agent ?? "an agent"}.`);
  if (waitingCallback(asked.id)) return tell("Being offered to an agent.");
  asked.over = true;
  tell(call?.place === "talk" ? `No longer waiting: talking with ${call.agent}.` : "No longer waiting.");
}

function showWhy(why) {
  tell(why.waits_for ? `Waits for ${why.waits_for} alone.` : "");
  setText($("why-queue"), why.queue);
  setText($("why-position"), why.position);
  countFrom($("why-waited"), serverNow() - why.waited_s);
  setText($("why-estimate"), roughly(why.estimate_s));
  setText($("why-priority"), why.effective_priority.toFixed(1));
  setText($("why-needs"), why.needs);
  setText($("why-step"), why.steps ? `Step ${why.step} of ${why.steps}` : "None in this queue");
  $("why-next").hidden = !(why.next_step_s > 0);
  countTo($("why-relaxes"), why.next_step_s > 0 ? serverNow() + why.next_step_s : null);
  showReasons(Object.entries(why.agents));
  showAhead(why);
  const first = $("why-facts").hidden;
  $("why-facts").hidden = false;
  if (first) $("why").scrollIntoView({ block: "nearest" });
}

function showAhead(why) {
  each(
    $("why-ahead"),
    why.ahead,
    (id) => id,
    () => el("li", {}, el("bdi", { "data-field": "name" }), " ", el("span", { class: "clock quiet", "data-field": "wait" })),
    (row, id) => {
      const call = calls.get(id) ?? waitingCallback(id);
      setText(field(row, "name"), call ? callerName(call) : "A call that has just come or gone");
      countFrom(field(row, "wait"), call?.queued_at);
    },
  );
  const more = why.position - 1 - why.ahead.length;
  $("why-more").textContent = more > 0 ? `and ${more} more` : "";
  $("why-first").hidden = why.position > 1;
}

function showReasons(reasons) {
  const shown = reasons.slice(0, REASONS_SHOWN);
  const others = reasons.slice(REASONS_SHOWN).reduce((sum, [, count]) => sum + count, 0);
  if (others) shown.push(["other reasons", others]);
  each(
    $("why-agents"),
    shown,
    ([reason]) => reason,
    () => el("li", {}, el("span", { "data-field": "count" }), " ", el("bdi", { "data-field": "reason" })),
    (row, [reason, count]) => {
      setText(field(row, "count"), `${count} ×`);
      setText(field(row, "reason"), reason);
    },
  );
}
