import { mount } from "svelte";

import "../style.css";
import { ApiError, api } from "../lib/api";
import "../lib/theme.svelte";
import Wall from "./Wall.svelte";

const TRY_AGAIN_MS = 10_000;

/** Puts the wallboard up, as soon as the server is there: a screen is switched on before it sometimes. */
async function putUp(): Promise<void> {
  try {
    await api("POST", "/api/wall");
    mount(Wall, { target: document.body });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return; // On the way to the login page.
    setTimeout(putUp, TRY_AGAIN_MS);
  }
}

await putUp();
