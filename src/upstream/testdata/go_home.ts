import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Turns Go's telemetry off for a user's configuration directory (`~/.config`). A go command counts in a process that it
 * leaves behind (golang.org/x/telemetry), which would make a directory again that a test has just removed.
 */
export function turnTelemetryOff(configDirectory: string): void {
  const directory = join(configDirectory, "go/telemetry");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "mode"), "off");
}
