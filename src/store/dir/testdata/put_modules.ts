// Puts the module of a zip into a directory store, all parts of it: a process that a test kills.
import { readFileSync, statSync } from "node:fs";
import { parseModuleVersion } from "../../../module/path.ts";
import { DirStore } from "../dir_store.ts";
import { SynchronousExtractor } from "../synchronous_extractor.ts";

const [directory = "", path = "", version = "", base = ""] = process.argv.slice(2);
const id = parseModuleVersion(path, version);
const store = new DirStore({ directory, extractor: new SynchronousExtractor() });
const zip = `${base}.zip`;
process.stdout.write("started\n");
await Promise.all([
  store.putInfo(id, readFileSync(`${base}.info`)),
  store.putGoMod(id, readFileSync(`${base}.mod`)),
  store.putModule(id, { kind: "file", path: zip, size: statSync(zip).size }, () => undefined),
]);
process.stdout.write("done\n");
