export const en = {
  "supervisor.title": "Supervisor",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "supervisor.title": "班长",
};
