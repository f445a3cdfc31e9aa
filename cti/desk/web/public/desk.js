// What all pages share: the API, the live feed, clocks, and building the page.
// Everything shown is put in as text, never as HTML: callers choose their own names.

// --- The API ---

/** Asks the server; returns its JSON. Throws an Error with the server's words, `.status` and, if it says them, `.problems`. */
export async function api(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const data = await answer.json().catch(() => null);
  if (answer.ok) return data;
  if (answer.status === 401 && path !== "/api/login") location.assign("/login.html");
  const words = data && typeof data.error === "string" ? data.error : `the server answered ${answer.status}`;
  throw Object.assign(new Error(words), { status: answer.status, problems: data?.problems });
}

/** The page of each role. */
export function home(role) {
  return role === "agent" ? "/agent.html" : "/supervisor.html";
}

export async function logOut() {
  await api("POST", "/api/logout");
  location.assign("/login.html");
}

// --- The live feed ---

const SILENCE_MS = 12_000; // The server says something every 5 s.
const WAIT_MS = [300, 10_000];

/**
 * Follows the feed and keeps the picture: `agents` and `queues` by name, `calls` by id.
 * `onPicture(picture, message)` is called after each message; `onLink(up)` when the link
 * comes or goes; `onNotice(notice)` for what a supervisor should be told.
 */
export function follow({ onPicture, onLink, onNotice = () => {} }) {
  const picture = { agents: new Map(), queues: new Map(), calls: new Map() };
  let stream = "";
  let seq = null;
  let tries = 0;
  let watch = 0;

  function open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const from = seq === null ? "" : `?stream=${encodeURIComponent(stream)}&after=${seq}`;
    const socket = new WebSocket(`${scheme}//${location.host}/ws${from}`);
    let over = false;
    const heard = () => {
      clearTimeout(watch);
      watch = setTimeout(() => end(), SILENCE_MS);
    };
    const end = (code) => {
      if (over) return;
      over = true;
      clearTimeout(watch);
      socket.close();
      onLink(false);
      if (code === 4401) return location.assign("/login.html");
      const wait = Math.min(WAIT_MS[1], WAIT_MS[0] * 2 ** tries++);
      setTimeout(open, wait * (0.5 + Math.random() / 2));
    };
    socket.onmessage = (event) => {
      if (over) return;
      heard();
      const message = JSON.parse(event.data);
      if (message.now) setServerTime(message.now);
      if (message.type === "alive") {
        onLink(true);
        return;
      }
      if (message.type === "change" && message.prev !== seq) {
        seq = null; // Something is missing: begin again with a snapshot.
        return end();
      }
      if (message.type === "snapshot") {
        stream = message.stream;
        for (const rows of Object.values(picture)) rows.clear();
      }
      seq = message.seq;
      tries = 0;
      take(picture, message);
      onLink(true);
      onPicture(picture, message);
      for (const notice of message.notices ?? []) onNotice(notice);
    };
    socket.onclose = (event) => end(event.code);
    heard();
  }
  open();
}

function take(picture, message) {
  for (const row of message.agents ?? []) picture.agents.set(row.name, row);
  for (const row of message.queues ?? []) picture.queues.set(row.name, row);
  for (const row of message.calls ?? []) picture.calls.set(row.id, row);
  for (const id of message.gone ?? []) picture.calls.delete(id);
}

// --- Time ---

let ahead = 0; // Seconds that the server's clock is ahead of ours.

function setServerTime(now) {
  ahead = now - Date.now() / 1000;
}

/** Seconds as 0:05, 12:34 or 1:02:03. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Unix seconds as local date and time. */
export function when(at) {
  return at ? new Date(at * 1000).toLocaleString([], { dateStyle: "short", timeStyle: "short" }) : "–";
}

/** The server's time in Unix seconds. */
export function serverNow() {
  return Date.now() / 1000 + ahead;
}

/** A wait as people say it, rounded to minutes: 4 min. */
export function roughly(seconds) {
  if (seconds === null || seconds === undefined) return "not known";
  const minutes = Math.round(seconds / 60);
  return minutes ? `${minutes} min` : "under 1 min";
}

/** Makes the element count up from `since` (Unix seconds), or show a dash for nothing. */
export function countFrom(element, since) {
  element.dataset.since = since || "";
  tick(element);
}

/** Makes the element count down to `until` (Unix seconds), or show a dash for nothing. */
export function countTo(element, until) {
  element.dataset.until = until || "";
  tick(element);
}

function tick(element) {
  const [since, until] = [Number(element.dataset.since), Number(element.dataset.until)];
  if (until) setText(element, duration(Math.ceil(until - serverNow())));
  else setText(element, since ? duration(serverNow() - since) : "–");
}

setInterval(() => document.querySelectorAll("[data-since], [data-until]").forEach(tick), 1000);

// --- Building the page ---

export const $ = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick`) and children; text children stay text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets the text only if it is another one, so that screen readers are not told twice. */
export function setText(element, text) {
  const value = text === null || text === undefined || text === "" ? "–" : String(text);
  if (element.textContent !== value) element.textContent = value;
}

/**
 * Makes `parent`'s children stand for `items`, in order: `make(item)` builds a new element,
 * `update(element, item)` sets what changes. Elements that stay keep their focus.
 */
export function each(parent, items, key, make, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = old.get(name);
    old.delete(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
    update(child, item);
  }
  for (const child of old.values()) child.remove();
}

/** A table row's cell. `label` heads it where the table is shown as a list. */
export function cell(label, field, ...children) {
  return el("td", { "data-label": label }, ...(children.length ? children : [el("bdi", { "data-field": field })]));
}

export const field = (element, name) => element.querySelector(`[data-field="${name}"]`);

const STATES = {
  offline: "Offline",
  ready: "Ready",
  reserved: "Reserved",
  ringing: "Ringing",
  talking: "Talking",
  "wrap-up": "Wrap-up",
  "not ready": "Not ready",
};

/** Shows a state as a word and a colour. */
export function setState(element, state) {
  element.dataset.state = state;
  setText(element, STATES[state] ?? state);
}

export const callerName = (call) => call.caller_name || call.caller || "Unknown caller";

/** Tells of a thing that went wrong (or well) in the page's message line. */
export function say(text, bad = true) {
  const line = $("message");
  line.textContent = text;
  line.classList.toggle("bad", bad);
  line.hidden = !text;
}

/** Runs what a button asks for; shows what went wrong. */
export async function attempt(work) {
  try {
    say("");
    return await work();
  } catch (error) {
    say(error.message);
    return undefined;
  }
}

/** Asks before something that can't be taken back. `text` is the question, `yes` the button that goes on. */
export function sure(text, yes) {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "sure" },
    el(
      "form",
      { method: "dialog" },
      el("p", { id: "sure" }, text),
      el("div", { class: "buttons" }, el("button", { autofocus: "" }, "Cancel"), el("button", { class: "danger", value: "yes" }, yes)),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** Shows in the page's head whether what is seen is live. */
export function showLink(up) {
  const link = $("link");
  link.dataset.up = up;
  setText(link, up ? "Live" : "Connection lost, trying again");
}
