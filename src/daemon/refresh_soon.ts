import type { VirtualTree } from "../tree/virtual_tree.ts";

/** Many modules become resident at once while fetching ahead: listings are renewed once a moment. */
const REFRESH_MILLISECONDS = 50;

/** To be called whenever something has become resident: has a tree look again. */
export function refreshSoon(tree: VirtualTree): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      tree.refresh();
    }, REFRESH_MILLISECONDS).unref();
  };
}
