import type { Content, Form, Question, Remark } from "./types";

export const NOT_APPLICABLE = "n/a";

export function questionsOf(form: Form): Question[] {
  return form.sections.flatMap((section) => section.questions);
}

/** The answer that a key stands for: 1 to 9 in their order, 0 for what does not apply; undefined for none. */
export function answerOf(question: Question, key: string): string | undefined {
  if (key === "0") return question.always ? undefined : NOT_APPLICABLE;
  return question.answers[Number(key) - 1]?.name;
}

/** The place of the next question without an answer, from `from` on and then from the beginning; the next one
 * where all have one, the same at the end. */
export function nextOpen(questions: Question[], answers: Record<string, string>, from: number): number {
  const open = (question: Question) => !(question.name in answers);
  const later = questions.findIndex((question, at) => at > from && open(question));
  if (later >= 0) return later;
  const first = questions.findIndex(open);
  return first >= 0 ? first : Math.min(from + 1, questions.length - 1);
}

/** What is sent: without comments that say nothing. */
export function sent(answers: Record<string, string>, remarks: Remark[]): Content {
  return { answers: { ...answers }, remarks: remarks.filter((one) => one.text.trim()).map((one) => ({ ...one })) };
}

/** Runs `work` for the newest of what it is given: one at a time, and what came meanwhile only once. */
export function latest<T>(work: (value: T) => Promise<unknown>): (value: T) => Promise<void> {
  let next: { value: T } | null = null;
  let running: Promise<void> | null = null;
  async function run(): Promise<void> {
    try {
      while (next) {
        const { value } = next;
        next = null;
        await work(value);
      }
    } finally {
      running = null;
    }
  }
  return (value) => {
    next = { value };
    running ??= run();
    return running;
  };
}
