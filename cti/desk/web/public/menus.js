// The pictures of the menus, and the administrator's button that loads changed ones.

import { $, api, attempt, el } from "./desk.js";

/** Shows the menus; `admin` says whether the button is there. */
export async function startMenus(admin) {
  $("flow").addEventListener("change", showPicture);
  $("counted").addEventListener("change", showPicture);
  $("reload").hidden = !admin;
  $("reload").addEventListener("click", () => attempt(reload));
  await showFlows();
}

async function showFlows() {
  const chosen = $("flow").value;
  const flows = await api("GET", "/api/flows");
  $("flow").replaceChildren(...Object.keys(flows).map((name) => el("option", { value: name }, name)));
  if (chosen in flows) $("flow").value = chosen;
  showPicture();
}

function showPicture() {
  const name = $("flow").value;
  // The time makes it another picture: menus and counts change under the same name.
  const days = $("counted").checked ? "&days=7" : "";
  $("flow-picture").src = `/api/flows/${encodeURIComponent(name)}.svg?at=${Date.now()}${days}`;
  $("flow-picture").alt = `The menu ${name}: its nodes, and where each key leads`;
}

async function reload() {
  $("reload").disabled = true;
  try {
    showLines(["Checking, and speaking new texts …"]);
    const done = await api("POST", "/api/reload");
    const restart = done.restart.map((part) => `Only a restart applies what has changed in ${part}.`);
    showLines([...(done.changes.length ? done.changes : ["Nothing differs for callers."]), ...restart]);
    await showFlows();
  } catch (error) {
    showLines((error.problems ?? []).map((problem) => `${problem.where}: ${problem.what}`));
    throw error;
  } finally {
    $("reload").disabled = false;
  }
}

function showLines(lines) {
  $("reloaded").replaceChildren(...lines.map((line) => el("li", {}, line)));
}
