import { keep, kept } from "../lib/kept";

/** Whether a call for help is heard, too. Kept in this browser. */
class HelpSound {
  on: boolean = $state(kept("helpSound") === "on");

  switch(on: boolean): void {
    this.on = on;
    keep("helpSound", on ? "on" : "off");
  }
}

export const helpSound = new HelpSound();
