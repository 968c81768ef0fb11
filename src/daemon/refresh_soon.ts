import type { VirtualTree } from "../tree/virtual_tree.ts";

/** Many modules become resident at once while fetching ahead: listings are renewed once a moment. */
const REFRESH_MILLISECONDS = 50;

/** To be called whenever something has become resident: has a tree look again. */
export function refreshSoon(tree: VirtualTree): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      tree.refresh();
    }, REFRESH_MILLISECONDS).unref();
  };
}
