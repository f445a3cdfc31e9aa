import {
  $, api, attempt, callerName, cell, countFrom, each, el, field, follow, home, logOut, say, setState, setText, showLink,
} from "./desk.js";
import { startFinding } from "./find.js";
import { startMenus } from "./menus.js";

const me = await api("GET", "/api/me");
if (me.role === "agent") location.replace(home(me.role));
setText($("me"), me.name);
$("no-phone").hidden = me.phone;
$("logout").addEventListener("click", () => attempt(logOut));

// --- Queues ---

const READY_EVERY_MS = 5_000;
let ready = new Map(); // Agents ready, by queue.

async function askReady() {
  const queues = await api("GET", "/api/queues");
  ready = new Map(queues.map((queue) => [queue.name, queue.ready]));
  for (const row of $("queues").children) setText(field(row, "ready"), ready.get(row.dataset.key));
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
        cell("Waiting", "waiting"),
        cell("Longest wait", "longest"),
        cell("Agents ready", "ready"),
      ),
    (row, queue) => {
      setText(field(row, "name"), queue.name);
      setText(field(row, "waiting"), queue.waiting);
      countFrom(field(row, "longest"), queue.longest_since);
      setText(field(row, "ready"), ready.get(queue.name));
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

const PLACES = { menu: "Menu", queue: "Waiting", talk: "Talking", transfer: "Transferred", fallback: "Fallback" };
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
  if (call.place === "queue" && call.offer) return `${place}: ${call.queue} (${call.offer})`;
  if (call.place === "queue") return `${place}: ${call.queue}`;
  if (call.place === "menu") return `${place}: ${call.path.at(-1) ?? call.flow}`;
  if (call.place === "transfer") return `${place}: ${call.transferred_to}`;
  return call.held ? `${place} (on hold)` : place;
}

startFinding();
attempt(() => startMenus(me.role === "admin"));
attempt(askReady);
setInterval(() => document.hidden || askReady().catch(() => {}), READY_EVERY_MS);

follow({
  onLink: showLink,
  onPicture(picture) {
    const calls = [...picture.calls.values()].sort((a, b) => a.arrived_at - b.arrived_at);
    showQueues([...picture.queues.values()]);
    showAgents(picture);
    each($("calls"), calls, (call) => call.id, makeCall, showCall);
    $("no-calls").hidden = calls.length > 0;
  },
  onNotice(notice) {
    if (!notice.supervisor || notice.supervisor === me.name) say(notice.text);
  },
});
