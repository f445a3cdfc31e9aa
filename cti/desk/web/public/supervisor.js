import {
  $, api, attempt, callerName, cell, countFrom, each, el, field, follow, home, logOut, roughly, say, setState, setText,
  showLink,
} from "./desk.js";
import { askCallbacks, callbacksIn } from "./callbacks.js";
import { startFinding } from "./find.js";
import { startMenus } from "./menus.js";
import { showWaiting, startWaiting, whyButton } from "./why.js";

const me = await api("GET", "/api/me");
if (me.role === "agent") location.replace(home(me.role));
setText($("me"), me.name);
$("no-phone").hidden = me.phone;
$("logout").addEventListener("click", () => attempt(logOut));

// --- Queues ---

const ASK_EVERY_MS = 5_000;
let asked = new Map(); // What the feed doesn't say of queues, by name.

async function askQueues() {
  const [queues] = await Promise.all([api("GET", "/api/queues"), askCallbacks(whyButton)]);
  asked = new Map(queues.map((queue) => [queue.name, queue]));
  for (const row of $("queues").children) showAsked(row);
}

function showAsked(row) {
  const queue = asked.get(row.dataset.key);
  const callbacks = callbacksIn(row.dataset.key);
  field(row, "callbacks").textContent = callbacks ? ` + ${callbacks} to call back` : "";
  setText(field(row, "estimate"), queue?.estimate_s === null ? null : roughly(queue?.estimate_s));
  setText(field(row, "ready"), queue?.ready);
  setText(field(row, "logged-in"), queue?.logged_in);
  row.classList.toggle("nobody", queue?.logged_in === 0);
}

function showQueues(queues) {
  each(
    $("queues"),
    queues,
    (queue) => queue.name,
    () =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, el("bdi", { "data-field": "name" })),
        cell("Waiting", "", el("span", { "data-field": "waiting" }), el("span", { class: "quiet", "data-field": "callbacks" })),
        cell("Longest wait", "longest"),
        cell("Estimate", "estimate"),
        cell("Ready", "ready"),
        cell("Logged in", "logged-in"),
      ),
    (row, queue) => {
      setText(field(row, "name"), queue.name);
      setText(field(row, "waiting"), queue.waiting);
      countFrom(field(row, "longest"), queue.longest_since);
      showAsked(row);
      row.classList.toggle("alert", queue.waiting > 0);
    },
  );
}

// --- Agents ---

function showAgents(picture) {
  each(
    $("agents"),
    [...picture.agents.values()].sort((a, b) => a.name.localeCompare(b.name)),
    (agent) => agent.name,
    () =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, el("bdi", { "data-field": "name" })),
        cell("State", "", el("span", { class: "state", "data-field": "state" }), " ", el("bdi", { class: "quiet", "data-field": "reason" })),
        cell("For", "since"),
        cell("On call", "call"),
      ),
    (row, agent) => {
      const call = picture.calls.get(agent.call);
      setText(field(row, "name"), agent.name);
      setState(field(row, "state"), agent.state);
      field(row, "reason").textContent = agent.reason;
      countFrom(field(row, "since"), agent.since);
      setText(field(row, "call"), call && callerName(call));
    },
  );
}

// --- Live calls ---

const PLACES = { menu: "Menu", talk: "Talking", transfer: "Transferred", fallback: "Fallback" };
const MODES = { listen: "Listen", whisper: "Whisper", barge: "Barge in" };

function makeCall(call) {
  const path = `/api/calls/${call.id}/monitor`;
  const join = Object.entries(MODES).map(([mode, label]) =>
    el("button", { "data-mode": mode, onclick: () => attempt(() => api("PUT", path, { mode })) }, label),
  );
  const stop = el("button", { "data-field": "stop", onclick: () => attempt(() => api("DELETE", path)) }, "Stop");
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("bdi", { "data-field": "name" }), el("bdi", { class: "quiet number", "data-field": "number" })),
    cell("Where", "place"),
    cell("Agent", "agent"),
    cell("Time", "time"),
    cell("Listening", "monitors"),
    cell("Join", "", el("div", { class: "buttons", role: "group", "data-field": "join" }, ...join, stop)),
  );
}

function showCall(row, call) {
  const mine = call.monitors[me.name];
  const listeners = Object.entries(call.monitors).map(([name, mode]) => `${name} (${mode})`);
  setText(field(row, "name"), callerName(call));
  field(row, "number").textContent = call.caller_name ? call.caller : "";
  setText(field(row, "place"), where(call));
  setText(field(row, "agent"), call.agent);
  countFrom(field(row, "time"), call.connected_at ?? call.queued_at ?? call.arrived_at);
  setText(field(row, "monitors"), listeners.join(", "));
  field(row, "join").setAttribute("aria-label", `Join the call of ${callerName(call)}`);
  for (const button of row.querySelectorAll("[data-mode]")) {
    button.disabled = !me.phone || call.offer !== "connected";
    button.setAttribute("aria-pressed", button.dataset.mode === mine);
  }
  field(row, "stop").disabled = !mine;
}

function where(call) {
  const place = PLACES[call.place] ?? call.place;
  if (call.place === "menu") return `${place}: ${call.path.at(-1) ?? call.flow}`;
  if (call.place === "transfer") return `${place}: ${call.transferred_to}`;
  return call.held ? `${place} (on hold)` : place;
}

startFinding();
attempt(() => startMenus(me.role === "admin"));
startWaiting();
attempt(askQueues);
setInterval(() => document.hidden || askQueues().catch(() => {}), ASK_EVERY_MS);

follow({
  onLink: showLink,
  onPicture(picture) {
    const others = [...picture.calls.values()].filter((call) => call.place !== "queue");
    others.sort((a, b) => a.arrived_at - b.arrived_at);
    showQueues([...picture.queues.values()]);
    showAgents(picture);
    showWaiting(picture.calls);
    each($("calls"), others, (call) => call.id, makeCall, showCall);
    $("no-calls").hidden = others.length > 0;
  },
  onNotice(notice) {
    if (!notice.supervisor || notice.supervisor === me.name) say(notice.text);
  },
});
