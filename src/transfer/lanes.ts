/**
 * Works on all items, at most `lanes` at a time; items are taken from the iterable as lanes get free.
 *
 * @throws whatever the iterable or `work` throws first, once the items under way have settled
 */
export async function runLanes<T>(
  items: Iterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Iterator.from(items);
  let failed = false;
  const runLane = async (): Promise<void> => {
    try {
      for (let next = iterator.next(); !failed && next.done !== true; next = iterator.next()) {
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, runLane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
