import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../test/support/temporary_directory.ts";
import { parseModulePath, parseModuleVersion } from "../../../module/path.ts";
import { ContentDigester } from "../../../store/content_digest.ts";
import { ingestZip } from "../../../store/ingest_zip.ts";
import { GitForge } from "../../testdata/git_forge.ts";
import { formatInfoFile } from "./info_file.ts";
import { ModuleRepository } from "./module_repository.ts";
import { ForgeClones } from "./testdata/forge_clones.ts";
import { ForgeRepository } from "./testdata/forge_repository.ts";
import { type DownloadedVersion, goDownloads, goVersions } from "./testdata/go_download_oracle.ts";
import { SCENARIOS, type Scenario } from "./testdata/scenarios.ts";

describe("ModuleRepository and the go command agree", () => {
  let forge: GitForge;
  let clones: ForgeClones;
  let spool: TemporaryDirectory;

  beforeAll(async () => {
    forge = await GitForge.start();
    clones = new ForgeClones(forge);
    spool = temporaryDirectory();
  });
  afterAll(async () => {
    await clones[Symbol.asyncDispose]();
    await forge[Symbol.asyncDispose]();
    spool[Symbol.dispose]();
  });

  it.each(SCENARIOS)(
    "on $name",
    async (scenario) => {
      const { name, subdirectory, root = `corp.test/${name}` } = scenario;
      const { url = `http://corp.test/${name}.git` } = scenario;
      const commits = await build(forge, scenario);
      forge.setImports(
        root,
        `${root} git ${url}${subdirectory === undefined ? "" : ` ${subdirectory}`}`,
      );
      const host = clones.open(url);
      const ours: unknown[] = [];
      const theirs: unknown[] = [];
      const ask = async (text: string): Promise<Answer> => {
        const [path = "", query = ""] = text.split("@");
        const place = { root, subdirectory, path: parseModulePath(path) };
        const repository = new ModuleRepository({ host, ...place });
        return { ask: text, ...(await download(repository, path, query, spool.path)) };
      };
      const asks = scenario.asks.map((text) => nameCommits(text, commits));
      const downloads = await goDownloads(forge, asks);
      for (const [index, text] of asks.entries()) {
        ours.push(withoutRef(await ask(text)));
        theirs.push(withoutRef({ ask: text, ...(downloads[index] ?? { error: "" }) }));
      }
      const alone = (scenario.askedAlone ?? []).map((text) => nameCommits(text, commits));
      for (const text of alone) {
        const [downloaded = { error: "" }] = await goDownloads(forge, [text]);
        ours.push(await ask(text));
        theirs.push({ ask: text, ...downloaded });
      }
      for (const path of scenario.lists ?? [root]) {
        const repository = new ModuleRepository({
          host,
          root,
          subdirectory,
          path: parseModulePath(path),
        });
        ours.push({ path, versions: await repository.versions() });
        theirs.push({ path, versions: await goVersions(forge, path) });
      }
      expect(ours).toEqual(theirs);
    },
    120_000,
  );
});

type Answer = DownloadedVersion & { readonly ask: string };

/** Which reference the go command names depends on what it has fetched before. */
function withoutRef(answer: Answer): Answer {
  if ("error" in answer) return answer;
  const { Ref: _, ...origin } = answer.origin ?? {};
  return { ...answer, info: answer.info.replace(/,"Ref":"[^"]*"/, ""), origin };
}

async function build(forge: GitForge, scenario: Scenario): Promise<string[]> {
  const repository = new ForgeRepository(forge, scenario.name);
  const commits: string[] = [];
  for (const commit of scenario.commits) commits.push(await repository.commit(commit));
  for (const [branch, index] of Object.entries(scenario.branches ?? {})) {
    await repository.git("branch", branch, commits[index] ?? "");
  }
  return commits;
}

function nameCommits(text: string, commits: readonly string[]): string {
  return text.replace(/\{(\d+)(?::(\d+))?\}/g, (_, index: string, length = "40") => {
    return (commits[Number(index)] ?? "").slice(0, Number(length));
  });
}

async function download(
  repository: ModuleRepository,
  path: string,
  query: string,
  spool: string,
): Promise<DownloadedVersion> {
  try {
    const info = await repository.stat(query);
    const id = parseModuleVersion(path, info.version);
    const goModFile = await repository.goMod(id.version);
    const zip = await repository.zip(id.version, spool);
    if (zip.kind === "shared") throw new Error("it is a file");
    const { h1 } = ingestZip(id, zip, new ContentDigester());
    if (zip.kind === "file") rmSync(zip.path);
    return {
      version: id.version,
      info: Buffer.from(formatInfoFile(info)).toString(),
      origin: info.origin,
      goMod: Buffer.from(goModFile).toString(),
      h1,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The go command does not say of what module.
    return { error: message.replace(/^\S+: create zip/, "create zip") };
  }
}
