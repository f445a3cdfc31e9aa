/** What was said in recordings. */
export const en = {
  "transcript.title": "Transcript",
  "transcript.found": "{count} found",
  "transcript.next": "Next word found",
  "transcript.before": "Word found before",
  "transcript.none": "Nothing was heard.",
  "find.said": "Said",
};

export const zh: Record<keyof typeof en, string> = {
  "transcript.title": "文字记录",
  "transcript.found": "找到 {count} 处",
  "transcript.next": "下一处",
  "transcript.before": "上一处",
  "transcript.none": "没有听到话语。",
  "find.said": "说过的话",
};
