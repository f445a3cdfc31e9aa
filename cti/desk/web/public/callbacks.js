// The customers who are to be called back, and giving one up.

import { $, api, attempt, cell, countFrom, each, el, field, serverNow, setText, sure, when } from "./desk.js";

let callbacks = [];

/** A waiting callback, by the id of the call that it will be, to be shown as a waiting call is; undefined for none. */
export function waitingCallback(id) {
  const found = callbacks.find((callback) => callback.call === id);
  return found && { caller_name: nameOf(found), queued_at: found.since };
}

const nameOf = (callback) => `Callback to ${callback.number}`;

/** How many callbacks wait in a queue. */
export function callbacksIn(queue) {
  return callbacks.filter((callback) => callback.queue === queue).length;
}

/** Asks for the callbacks and shows them. `whyButton` makes the button that opens one's reasons. */
export async function askCallbacks(whyButton) {
  callbacks = await api("GET", "/api/callbacks");
  each($("callbacks"), callbacks, (callback) => callback.call, (callback) => makeRow(callback, whyButton), showRow);
  $("callbacks-list").hidden = callbacks.length === 0;
  $("no-callbacks").hidden = callbacks.length > 0;
}

function makeRow(callback, whyButton) {
  const path = `/api/callbacks/${encodeURIComponent(callback.id)}`;
  const giveUp = async () => {
    if (!(await sure(`Give up the callback to ${callback.number}? The customer will not be called.`, "Give up"))) return;
    await api("DELETE", path);
    await askCallbacks(whyButton);
  };
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("bdi", { "data-field": "number" })),
    cell("Queue", "queue"),
    cell("Waited", "wait"),
    cell("Tries", "tries"),
    cell("Next attempt", "next"),
    cell("", "", el(
      "div",
      { class: "buttons" },
      whyButton(callback.call, () => nameOf(callback)),
      el("button", { class: "danger", "data-field": "give-up", onclick: () => attempt(giveUp) }, "Give up"),
    )),
  );
}

function showRow(row, callback) {
  setText(field(row, "number"), callback.number);
  setText(field(row, "queue"), callback.level ? `${callback.queue} (${callback.level})` : callback.queue);
  countFrom(field(row, "wait"), callback.since);
  setText(field(row, "tries"), callback.tries);
  setText(field(row, "next"), callback.not_before > serverNow() ? `not before ${when(callback.not_before)}` : "when it is its turn");
  field(row, "why").setAttribute("aria-label", `Why is the callback to ${callback.number} still waiting?`);
  field(row, "give-up").setAttribute("aria-label", `Give up the callback to ${callback.number}`);
}
