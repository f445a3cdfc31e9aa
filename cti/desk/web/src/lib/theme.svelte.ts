import { keep, kept } from "./kept";

/** Light or dark colours; `system` follows the system's. */
export type Look = "system" | "light" | "dark";
export const LOOKS: readonly Look[] = ["system", "light", "dark"];

class Theme {
  look: Look = $state(LOOKS.find((look) => look === kept("look")) ?? "system");

  constructor() {
    this.#show();
  }

  set(look: Look): void {
    this.look = look;
    keep("look", look);
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset.look = this.look;
  }
}

export const theme = new Theme();
