import { chmodSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import type { LogFields, Logger } from "../../lib/logger.ts";
import { silentLogger } from "../../lib/logger.ts";
import { formatCredentialHash, hashToken } from "./credential_hash.ts";
import { CredentialsFile } from "./credentials_file.ts";

let directory: TemporaryDirectory;
let file: string;
let warnings: [string, LogFields | undefined][];
let log: Logger;

beforeEach(() => {
  directory = temporaryDirectory();
  file = directory.join("credentials");
  warnings = [];
  log = { ...silentLogger, warn: (message, fields) => warnings.push([message, fields]) };
});

afterEach(() => {
  directory[Symbol.dispose]();
});

function write(text: string, mode = 0o600): void {
  writeFileSync(file, text);
  chmodSync(file, mode);
}

const line = (token: string): string => `ci ${formatCredentialHash(hashToken(token))}\n`;

it("is read, and read again when told", async () => {
  write(line("old"));
  const credentials = await CredentialsFile.open(file, log);
  expect(credentials.credentials.findToken("old")?.name).toBe("ci");
  write(line("new"));
  expect(credentials.credentials.findToken("new")).toBeUndefined();
  await credentials.reload();
  expect(credentials.credentials.findToken("new")?.name).toBe("ci");
  expect(credentials.credentials.findToken("old")).toBeUndefined();
  expect(warnings).toEqual([]);
});

it("that cannot be read again leaves those in force that it had", async () => {
  write(line("old"));
  const credentials = await CredentialsFile.open(file, log);
  write(`${line("new")}oops\n`);
  await expect(credentials.reload()).rejects.toThrow(`${file}:2: the line is not`);
  expect(credentials.credentials.findToken("old")?.name).toBe("ci");
  expect(credentials.credentials.findToken("new")).toBeUndefined();
});

it("that is not there is an error that says how to make it", async () => {
  await expect(CredentialsFile.open(file, log)).rejects.toMatchObject({
    code: "USAGE",
    message: `there is no file of credentials ${file}`,
    hint: expect.stringContaining("gomodfs credential") as unknown,
  });
});

it("that others can read, or that is empty, is warned about", async () => {
  write("# nobody yet\n", 0o644);
  await CredentialsFile.open(file, log);
  expect(warnings).toEqual([
    [expect.stringContaining("names nobody"), { file }],
    [expect.stringContaining("can read the hashes"), { file, hint: `chmod o-rwx ${file}` }],
  ]);
});
