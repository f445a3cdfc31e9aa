import type { Option } from "../lib/pick";

/** `GET /api/dispositions`: what may come of a queue's talks. */
export interface Results {
  queue: string;
  required: boolean;
  tree: Disposition[];
}

export interface Disposition {
  name: string;
  under: Disposition[];
}

/** A talk of one's own. */
export interface Talk {
  call: string;
  queue: string;
}

/** What one is writing of a talk. */
export interface Draft extends Talk {
  /** Who it was, where that is known here. */
  name: string;
  number: string;
  result: Result | null;
  /** In the field where results are looked for. */
  typed: string;
  notes: string;
  /** What the server has of it; empty before anything was saved. */
  saved: string;
}

/** A disposition as it can be chosen: the whole path to it. */
export interface Result extends Option {
  path: string[];
}

const SEPARATOR = " > ";

/** All results of a tree, each with the way to it. */
export function results(tree: readonly Disposition[], above: string[] = []): Result[] {
  return tree.flatMap(({ name, under }) => {
    const path = [...above, name];
    const text = path.join(SEPARATOR);
    return under.length > 0 ? results(under, path) : [{ key: text, text, path }];
  });
}

/** The ways to all results and groups of a tree, as one searches for them. */
export function paths(tree: readonly Disposition[], above: string[] = []): string[] {
  return tree.flatMap(({ name, under }) => {
    const path = [...above, name];
    return [path.join(SEPARATOR), ...paths(under, path)];
  });
}

/** What would be saved now; empty for nothing. */
export function content({ result, notes }: Pick<Draft, "result" | "notes">): string {
  const said = { path: result?.path ?? [], notes: notes.trim() };
  return said.path.length > 0 || said.notes ? JSON.stringify(said) : "";
}

/** Whether something of it is not saved. */
export function unsaved(draft: Draft): boolean {
  return content(draft) !== draft.saved || (draft.result === null && draft.typed.trim() !== "");
}

/** The drafts to be shown: the one of `talk`, new if it was not there, and those with something not saved. */
export function kept<D extends Draft>(drafts: readonly D[], talk: Talk | null, begin: (talk: Talk) => D): D[] {
  const left = drafts.filter((draft) => draft.call === talk?.call || unsaved(draft));
  return !talk || left.some(({ call }) => call === talk.call) ? left : [begin(talk), ...left];
}
