import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ReadinessCheck } from "./health_handler.ts";

/** The check that files can be made in a directory: the disk is there, is not full, and is not mounted read-only. */
export function writableDirectory(name: string, directory: string): ReadinessCheck {
  return {
    name,
    check: async () => {
      const path = join(directory, `.ready-${randomUUID()}`);
      try {
        await using file = await open(path, "wx");
        await file.write("ready");
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}
