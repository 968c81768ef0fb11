import { expect, test } from "vitest";
import { MemoryDatabase, TEST_VERIFIER_KEY } from "../../test/sumdb_oracle/memory_database.ts";
import { MemoryOps } from "../../test/sumdb_oracle/memory_ops.ts";
import { ClientTiles } from "./client_tiles.ts";
import { LatestTree } from "./latest_tree.ts";
import { PendingWrites } from "./pending_writes.ts";
import { parseVerifierKey } from "./verifier.ts";

test("of several newer trees at once, a slow one does not take the place of a newer one", async () => {
  const database = MemoryDatabase.empty();
  for (let n = 0; n < 7; n++) await database.append(`record ${n}\n`);
  const slow = Promise.withResolvers<void>();
  const ops = new MemoryOps(async (path) => {
    // With tiles of height 2, only the tree of 7 records needs the first of these, and only that of 5 the second.
    if (path.endsWith("/0/001.p/3")) throw new Error("the newest tree cannot be checked");
    if (path.endsWith("/0/001.p/1")) await slow.promise;
    return database.read(path);
  });
  const writes = new PendingWrites(1, () => undefined);
  const verifier = parseVerifierKey(TEST_VERIFIER_KEY);
  const latest = new LatestTree(
    verifier,
    ops,
    new ClientTiles(verifier.name, MemoryDatabase.tileHeight, ops, writes),
  );
  // Each step forward reads the configuration, so that this sees every tree that was current.
  const sizes: number[] = [];
  const readConfig = ops.readConfig.bind(ops);
  ops.readConfig = (file) => {
    sizes.push(latest.current.tree.size);
    return readConfig(file);
  };
  await latest.merge(await database.signTree(2));

  const heads = await Promise.all([3, 5, 6, 7].map((size) => database.signTree(size)));
  const [first, ...others] = heads.map((head) => latest.merge(head));
  const [five, six, seven] = others;
  await first;
  await expect(seven).rejects.toThrow("the newest tree cannot be checked");
  await six;
  slow.resolve();
  await five;
  expect(sizes).toEqual([2, 3, 6]);
  expect(latest.current.tree.size).toBe(6);
  expect(ops.config.get(`${verifier.name}/latest`)).toEqual(heads[2]);
});
