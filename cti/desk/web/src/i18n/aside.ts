/** A flow in the midst of a talk. */
export const en = {
  "aside.back": "And back to me: I wait until the menu is over",
  "aside.sent": "{name} goes through {place}, and comes back to you.",
  "aside.in": "In the menu {flow}",
  "aside.waits": "You hear nothing of it; the caller comes back when it is over.",
  "aside.row": "In the menu {flow}, the agent waits",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "aside.back": "完成后回到我这里：我在线等待菜单结束",
  "aside.sent": "{name} 正在经过 {place}，之后会回到您这里。",
  "aside.in": "正在菜单 {flow} 中",
  "aside.waits": "您听不到其内容；菜单结束后来电者会回来。",
  "aside.row": "正在菜单 {flow} 中，坐席等待",
};
