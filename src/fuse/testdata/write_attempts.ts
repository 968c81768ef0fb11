/** A program that tries everything that would change the file system at argv[2] and prints as JSON what each gave. */
import * as fs from "node:fs";
import { join } from "node:path";
import { isSystemError } from "../system_error.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;
/** Not among Node's constants: asm-generic/fcntl.h. */
const O_TMPFILE = 0o20200000;

const root = process.argv[2] ?? "";
const file = join(root, "hello.txt");
const other = join(root, "sub/a.txt");
const directory = join(root, "sub");
const fresh = join(directory, "fresh");
const missing = join(root, "missing");

const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  "open for writing": () => fs.openSync(file, O_WRONLY),
  "open for reading and writing": () => fs.openSync(file, O_RDWR),
  "open and truncate": () => fs.openSync(file, O_WRONLY | O_TRUNC),
  "open and append": () => fs.openSync(other, O_WRONLY | O_APPEND),
  "open existing with O_CREAT": () => fs.openSync(file, O_RDWR | O_CREAT, 0o666),
  create: () => fs.openSync(fresh, O_RDWR | O_CREAT, 0o666),
  "create in the root": () => fs.openSync(missing, O_WRONLY | O_CREAT, 0o666),
  "create exclusively": () => fs.openSync(fresh, O_RDWR | O_CREAT | O_EXCL, 0o666),
  "create temporary": () => fs.openSync(directory, O_RDWR | O_TMPFILE, 0o600),
  mkdir: () => fs.mkdirSync(fresh),
  "mkdir in the root": () => fs.mkdirSync(missing),
  symlink: () => fs.symlinkSync("target", fresh),
  link: () => fs.linkSync(file, fresh),
  unlink: () => fs.unlinkSync(file),
  "unlink missing": () => fs.unlinkSync(missing),
  rmdir: () => fs.rmdirSync(directory),
  rename: () => fs.renameSync(file, fresh),
  "rename over another": () => fs.renameSync(file, other),
  "rename missing": () => fs.renameSync(missing, fresh),
  chmod: () => fs.chmodSync(file, 0o644),
  "chmod of a directory": () => fs.chmodSync(directory, 0o755),
  chown: () => fs.chownSync(file, process.getuid?.() ?? 0, process.getgid?.() ?? 0),
  utimes: () => fs.utimesSync(file, 0, 0),
  truncate: () => fs.truncateSync(file),
  "access for writing": () => fs.accessSync(file, fs.constants.W_OK),
};

const outcomes = Object.entries(ATTEMPTS).map(([name, attempt]) => [name, outcomeOf(attempt)]);
process.stdout.write(JSON.stringify(Object.fromEntries(outcomes)));

function outcomeOf(attempt: () => unknown): string {
  try {
    attempt();
    return "done";
  } catch (error) {
    return ["EROFS", "EACCES", "EPERM", "ENOENT"].find((code) => isSystemError(error, code)) ?? String(error);
  }
}
