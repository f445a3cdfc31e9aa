export const en = {
  "park.do": "Park",
  "park.key": "Park the caller: whoever of the queue wants takes him",
  "park.done": "The caller is parked.",
  "park.title": "Parked callers",
  "park.by": "By",
  "park.back": "Comes back in",
  "park.take": "Take",
  "park.takeOf": "Take {caller}",
  "park.rings": "Your phone rings with {caller}.",
  "park.taken": "{agent} is called",
  "park.go": "Go to the parked callers",
  "park.row": "Parked by {agent}",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "park.do": "驻留",
  "park.key": "驻留来电者：同队列坐席均可接回",
  "park.done": "来电者已驻留。",
  "park.title": "驻留的来电者",
  "park.by": "驻留人",
  "park.back": "返回倒计时",
  "park.take": "接回",
  "park.takeOf": "接回 {caller}",
  "park.rings": "您的话机将为 {caller} 振铃。",
  "park.taken": "正在呼叫 {agent}",
  "park.go": "转到驻留的来电者",
  "park.row": "由 {agent} 驻留",
};
