// How marks look on a line of sound. Their words are beside them.

import type { Mark } from "./timeline";

export const ICONS: Record<Mark["kind"], string> = {
  hold: "‖", gap: "✂", pause: "⊘", consult: "☏", menu: "☰", choice: "☰", keys: "#", transfer: "⇄", conference: "⚭",
  help: "✋", comment: "✎",
};
