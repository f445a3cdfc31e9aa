/** The question that waits for an answer, shown by the page's frame. */
class Confirm {
  question: { text: string; yes: string; answer: (yes: boolean) => void } | null = $state(null);

  answer(yes: boolean): void {
    this.question?.answer(yes);
    this.question = null;
  }
}

export const confirm = new Confirm();

/** Asks before something that can't be taken back. `text` is the question, `yes` the button that goes on. */
export function sure(text: string, yes: string): Promise<boolean> {
  confirm.answer(false);
  return new Promise((answer) => (confirm.question = { text, yes, answer }));
}
