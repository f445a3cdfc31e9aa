import {
  $, api, attempt, callerName, cell, countFrom, duration, each, el, field, follow, home, logOut, setText, showLink, when,
} from "./desk.js";
import { changeState, showState, startMine } from "./mine.js";

const me = await api("GET", "/api/me");
if (me.role !== "agent") location.replace(home(me.role));
setText($("me"), me.name);

$("logout").addEventListener("click", () =>
  attempt(async () => {
    await changeState("offline");
    await logOut();
  }),
);

// --- The caller's card ---

const FACTS = [
  ["Number", "caller"],
  ["Why", "why"],
  ["Queue", "queue"],
  ["Level", "level"],
  ["Priority", "priority"],
  ["Waited", "waited"],
  ["Dialled", "dialled"],
];

function makeCard(call) {
  const facts = FACTS.flatMap(([label, name]) => [
    el("dt", {}, label),
    el("dd", {}, el(name === "waited" ? "span" : "bdi", { "data-field": name })),
  ]);
  return el(
    "article",
    { class: "panel card" },
    el("p", { class: "stage" }, el("strong", { "data-field": "stage" }), " ", el("span", { class: "clock", "data-field": "clock", "aria-live": "off" })),
    el("h3", {}, el("bdi", { "data-field": "name" })),
    el("dl", { "data-field": "screen" }),
    el("dl", {}, ...facts),
    el("button", { class: "danger", "data-field": "hangup", onclick: () => attempt(() => api("POST", `/api/calls/${call.id}/hangup`)) }, "Hang up"),
  );
}

const STAGES = { offered: "Coming to you", ringing: "Ringing", accepted: "Connecting", connected: "Talking" };

function showCard(card, call) {
  const talking = call.offer === "connected";
  card.dataset.offer = call.offer;
  setText(field(card, "stage"), call.held ? "On hold" : STAGES[call.offer]);
  setText(field(card, "name"), callerName(call));
  setText(field(card, "caller"), call.caller);
  setText(field(card, "why"), why(call));
  setText(field(card, "queue"), call.queue);
  setText(field(card, "priority"), call.priority);
  setText(field(card, "dialled"), call.dialled);
  setText(field(card, "level"), call.level);
  each(field(card, "screen"), call.screen, (shown) => shown.label, makeShown, showShown);
  field(card, "screen").hidden = call.screen.length === 0;
  countFrom(field(card, "clock"), talking ? call.connected_at : null);
  field(card, "clock").hidden = !talking;
  field(card, "hangup").hidden = !talking;
  const waited = field(card, "waited");
  if (talking && call.queued_at) {
    delete waited.dataset.since;
    setText(waited, duration(call.connected_at - call.queued_at));
  } else countFrom(waited, call.queued_at);
}

/** What the menu found out for the agent: a label and its value. */
function makeShown() {
  return el("div", {}, el("dt", {}, el("bdi", { "data-field": "label" })), el("dd", {}, el("bdi", { "data-field": "value" })));
}

function showShown(row, shown) {
  setText(field(row, "label"), shown.label);
  setText(field(row, "value"), shown.value);
}

/** The way through the menu, and what was chosen on it. */
function why(call) {
  const chosen = call.choices.map((choice) => `${choice.node}: ${choice.value}`).join(", ");
  const path = call.path.join(" › ");
  return chosen && path ? `${path} (${chosen})` : chosen || path;
}

let popped = null;

/** Brings a call that begins to ring into view, in the tab's title too. */
function pop(calls) {
  const ringing = calls.find((call) => call.offer === "ringing");
  document.title = ringing ? `☎ ${callerName(ringing)}` : "Agent · Cordboard";
  if (ringing && ringing.id !== popped) $("cards").scrollIntoView({ block: "nearest" });
  popped = ringing?.id ?? null;
}

// --- My calls ---

const OUTLINE = [["When", "when"], ["Caller", "caller"], ["Queue", "queue"], ["Waited", "wait"], ["Talked", "talk"], ["Outcome", "outcome"]];

async function showHistory() {
  const { records } = await api("GET", "/api/records?limit=20");
  each(
    $("history"),
    records,
    (record) => record.id,
    () => el("tr", {}, ...OUTLINE.map(([label, name]) => cell(label, name))),
    (row, record) => {
      setText(field(row, "when"), when(record.arrived_at));
      setText(field(row, "caller"), callerName(record));
      setText(field(row, "queue"), record.queue);
      setText(field(row, "wait"), duration(record.wait_s));
      setText(field(row, "talk"), duration(record.talk_s));
      setText(field(row, "outcome"), record.outcome);
    },
  );
  $("no-history").hidden = records.length > 0;
}

attempt(() => startMine(me.name));
attempt(showHistory);

follow({
  onLink: showLink,
  onPicture(picture, message) {
    const calls = [...picture.calls.values()];
    showState(picture.agents.get(me.name));
    each($("cards"), calls, (call) => call.id, makeCard, showCard);
    $("no-card").hidden = calls.length > 0;
    pop(calls);
    // The record is written shortly after the call is over.
    if (message.gone) setTimeout(() => attempt(showHistory), 1500);
  },
});
