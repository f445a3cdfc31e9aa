/** A flow in the midst of a talk. */
export const en = {
  "detour.back": "And back to me: I wait until the menu is over",
  "detour.sent": "{name} goes through {place}, and comes back to you.",
  "detour.in": "In the menu {flow}",
  "detour.waits": "You hear nothing of it; the caller comes back when it is over.",
  "detour.row": "In the menu {flow}, the agent waits",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "detour.back": "完成后回到我这里：我在线等待菜单结束",
  "detour.sent": "{name} 正在经过 {place}，之后会回到您这里。",
  "detour.in": "正在菜单 {flow} 中",
  "detour.waits": "您听不到其内容；菜单结束后来电者会回来。",
  "detour.row": "正在菜单 {flow} 中，坐席等待",
};
