/** A step through the menu, and what was chosen or entered there. */
export interface Step {
  node: string;
  values: string[];
}

/** The way through the menu, with each choice where it was made. Either list may lack its beginning. */
export function walked(path: readonly string[], choices: readonly { node: string; value: string }[]): Step[] {
  const left = [...choices];
  const steps = [...path].reverse().map((node) => {
    const values: string[] = [];
    while (left.at(-1)?.node === node) values.unshift(left.pop()?.value ?? "");
    return { node, values };
  });
  return steps.reverse();
}
