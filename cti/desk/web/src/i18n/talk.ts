/** Words of what an agent does with a talk: recording, help, numbers dialled, callbacks, parked calls. */
export const en = {
  "recording.on": "Recording",
  "recording.pausing": "Pausing the recording …",
  "recording.paused": "Not recorded: paused",
  "recording.stopped": "Could not be paused: the recording was ended",
  "recording.pause": "Pause recording",
  "recording.resume": "Resume recording",
  "recording.key": "Pause or resume the recording",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "recording.on": "录音中",
  "recording.pausing": "正在暂停录音……",
  "recording.paused": "录音已暂停",
  "recording.stopped": "无法暂停，录音已终止",
  "recording.pause": "暂停录音",
  "recording.resume": "恢复录音",
  "recording.key": "暂停或恢复录音",
};
