/**
 * What the address names behind its "#": which view of a page is shown. The browser tells of a change a
 * moment later; `go` shows it at once, so that a key pressed in that moment is the new view's.
 */
let hash = $state(location.hash);
addEventListener("hashchange", () => (hash = location.hash));

export const place = {
  get hash() {
    return hash;
  },
};

export function go(to: string) {
  location.hash = to;
  hash = location.hash;
}
