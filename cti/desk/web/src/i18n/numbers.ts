/** Numbers of people, hidden and shown. */
export const en = {
  "numbers.show": "Show numbers",
  "numbers.noted": "The audit log will say that you have seen them.",
};

export const zh: Record<keyof typeof en, string> = {
  "numbers.show": "显示号码",
  "numbers.noted": "审计日志会记录您查看了号码。",
};
