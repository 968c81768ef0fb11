import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Processes, not threads: the parts under test start worker threads and mount file systems of their own.
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
