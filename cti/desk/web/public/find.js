// Finding a call of the past, and hearing its recording.

import { $, api, attempt, callerName, cell, duration, each, el, field, setText, when } from "./desk.js";

const COLUMNS = [
  ["When", "when"], ["Caller", "caller"], ["Queue", "queue"], ["Agent", "agent"],
  ["Waited", "wait"], ["Talked", "talk"], ["Outcome", "outcome"],
];

let shown = [];
let query = new URLSearchParams();

export function startFinding() {
  $("find").addEventListener("submit", (event) => {
    event.preventDefault();
    query = wanted(new FormData($("find")));
    shown = [];
    attempt(find);
  });
  $("more").addEventListener("click", () => attempt(find));
}

function wanted(form) {
  const params = new URLSearchParams({ limit: "20" });
  for (const [name, value] of form) {
    if (!value.trim()) continue;
    const isTime = name === "from" || name === "to";
    params.set(name, isTime ? new Date(value).getTime() / 1000 : value.trim());
  }
  return params;
}

async function find() {
  const { records, next } = await api("GET", `/api/records?${query}`);
  shown = [...shown, ...records];
  each($("found"), shown, (record) => record.id, makeRow, showRow);
  $("found-table").hidden = shown.length === 0;
  $("none-found").hidden = shown.length > 0;
  $("more").hidden = !next;
  if (next) query.set("cursor", next);
}

function makeRow(record) {
  const sound = el("div", { class: "sound" });
  const button = el("button", { "aria-label": `Play the call of ${callerName(record)}` }, "Play");
  button.addEventListener("click", () => attempt(() => play(record.id, sound)));
  sound.append(button);
  return el("tr", {}, ...COLUMNS.map(([label, name]) => cell(label, name)), cell("Recording", "", sound));
}

function showRow(row, record) {
  setText(field(row, "when"), when(record.arrived_at));
  setText(field(row, "caller"), callerName(record));
  setText(field(row, "queue"), record.queue);
  setText(field(row, "agent"), record.agent);
  setText(field(row, "wait"), duration(record.wait_s));
  setText(field(row, "talk"), duration(record.talk_s));
  setText(field(row, "outcome"), record.outcome);
}

/** Puts the call's recordings in place of the button. */
async function play(id, place) {
  const { recordings } = await api("GET", `/api/records/${encodeURIComponent(id)}`);
  if (recordings.length === 0) return place.replaceChildren("Not recorded");
  place.replaceChildren(...recordings.map((recording, number) => sound(recording, number === 0)));
}

function sound(recording, first) {
  if (recording.length_s === null || recording.state === "missing") return el("p", {}, `Recording: ${recording.state}`);
  const path = recording.stem.split("/").map(encodeURIComponent).join("/");
  const audio = el("audio", { controls: "", preload: "metadata", src: `/api/recordings/${path}` });
  if (first) audio.autoplay = true;
  return audio;
}
