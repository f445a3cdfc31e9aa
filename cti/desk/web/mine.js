// What an agent sets about the own work: state, more or less wrap-up, and which phone rings.

import { $, api, attempt, countFrom, countTo, el, say, serverNow, setState } from "./desk.js";

const MORE_S = 30;
const WARN_S = 10;
const LOOK_MS = 5_000;
const CHOOSES_PHONE = ["ready", "not ready", "offline"];
const WORDS = { ready: "Ready", "not ready": "Not ready", offline: "Offline" };

let path = "";
let now = null; // What I am doing, as the feed says.
let mine = null; // The same with what the feed doesn't say: end of wrap-up, state after it, phones.

export async function startMine(name) {
  path = `/api/agents/${encodeURIComponent(name)}`;
  for (const button of document.querySelectorAll("[data-to]")) {
    button.addEventListener("click", () => attempt(() => askFor(button.dataset.to)));
  }
  $("more-time").addEventListener("click", () =>
    attempt(async () => showMine(await api("POST", `${path}/wrap-up`, { seconds: MORE_S }))),
  );
  $("phone").addEventListener("change", () => attempt(changePhone));
  setInterval(warn, 1000);
  // A supervisor may have given more time.
  setInterval(() => document.hidden || mine?.state !== "wrap-up" || look().catch(() => {}), LOOK_MS);
  await look();
}

/** Asks for a state: ready, not ready or offline. */
export async function changeState(state) {
  const reason = state === "not ready" ? $("why").value.trim() : "";
  const agent = await api("POST", `${path}/state`, { state, reason, ...phoneAsked() });
  showMine(agent);
  return agent;
}

async function askFor(state) {
  const agent = await changeState(state);
  if (agent.after_call) say(`You will be ${agent.after_call} after this call.`, false);
}

/** Shows the state as the feed has it. */
export function showState(agent) {
  if (!agent) return;
  const changed = !now || now.state !== agent.state || now.since !== agent.since || now.reason !== agent.reason;
  now = agent;
  setState($("state"), agent.state);
  $("reason").textContent = agent.reason ? `(${agent.reason})` : "";
  countFrom($("since"), agent.since);
  for (const button of document.querySelectorAll("[data-to][aria-pressed]")) {
    button.setAttribute("aria-pressed", button.dataset.to === agent.state);
  }
  if (changed) {
    showRest();
    look().catch((error) => say(error.message));
  }
}

async function look() {
  const [own] = await api("GET", "/api/agents");
  if (own) showMine(own);
}

function showMine(agent) {
  mine = agent;
  showRest();
}

function showRest() {
  if (!mine) return;
  const state = now?.state ?? mine.state;
  const wrapping = state === "wrap-up" && mine.state === "wrap-up" && mine.until !== null;
  $("wrap-up").hidden = !wrapping;
  $("wrap-up-next").textContent = WORDS[mine.after_call ?? "ready"];
  countTo($("wrap-up-left"), wrapping ? mine.until : null);
  showPhones(state);
  warn();
}

/** Says it shortly before wrap-up ends, while there is time to ask for more. */
function warn() {
  const soon = !$("wrap-up").hidden && mine.until - serverNow() <= WARN_S;
  $("wrap-up").classList.toggle("soon", soon);
  const words = soon ? `Wrap-up ends in ${WARN_S} seconds` : "";
  if ($("wrap-up-warning").textContent !== words) $("wrap-up-warning").textContent = words;
}

// --- The phone ---

let phonesShown = "";

function showPhones(state) {
  $("phone-choice").hidden = mine.phones.length < 2;
  $("phone").disabled = !CHOOSES_PHONE.includes(state);
  const shown = JSON.stringify([state === "offline", mine.phone, mine.phones]);
  if (shown === phonesShown) return; // What is chosen before log-in stays.
  phonesShown = shown;
  $("phone").replaceChildren(...mine.phones.map((phone) => el("option", { value: phone }, phone)));
  $("phone").value = mine.phone;
}

/** The phone to be asked for along with a state, if it is to be another one. */
function phoneAsked() {
  const phone = $("phone").value;
  return phone && phone !== mine?.phone ? { phone } : {};
}

/** Sits at another phone at once, or, while offline, from log-in on. */
async function changePhone() {
  const { state, reason } = now;
  if (state === "offline") return say(`Your calls will ring at ${$("phone").value} once you are ready.`, false);
  try {
    showMine(await api("POST", `${path}/state`, { state, reason, phone: $("phone").value }));
    say(`Your calls now ring at ${mine.phone}.`, false);
  } catch (error) {
    $("phone").value = mine.phone;
    throw error;
  }
}
