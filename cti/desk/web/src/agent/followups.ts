/** `GET /api/followups`: a customer whom an agent is to call at a time. Times are Unix seconds. */
export interface FollowUp {
  id: string;
  agent: string;
  at: number;
  number: string;
  text: string;
  call: string | null;
  done_at: number | null;
}

/** Whether its time has come and it is not done. */
export function overdue({ at, done_at }: FollowUp, now: number): boolean {
  return done_at === null && at <= now;
}

/** As `<input type="datetime-local">` writes it: this browser's clock. */
export function local(time: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

export function inHours(from: Date, hours: number): Date {
  return new Date(from.getTime() + hours * 3_600_000);
}
