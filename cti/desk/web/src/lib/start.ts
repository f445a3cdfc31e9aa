import { mount, type Component } from "svelte";

import "../style.css";
import { ApiError } from "./api";
import { keepRenewed } from "./renewal";
import { whoFor } from "./session";
import "./theme.svelte";
import type { Me, Role } from "./types";

/** Starts a page that is for some roles: its component is given who is logged in. */
export async function start(page: Component<{ me: Me }>, ...roles: Role[]): Promise<void> {
  try {
    const me = await whoFor(...roles);
    if (!me) return;
    keepRenewed();
    mount(page, { target: document.body, props: { me } });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return; // On the way to the login page.
    document.body.textContent = error instanceof Error ? error.message : String(error);
  }
}
