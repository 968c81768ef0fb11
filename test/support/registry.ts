import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError, isGomodfsError } from "../../src/lib/gomodfs_error.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { redactUrl } from "../../src/lib/redact_url.ts";
import type { ZipBytes } from "../../src/store/module_store.ts";
import type { Environment } from "../../src/upstream/go_installation.ts";
import { GoProxySource } from "../../src/upstream/go_proxy_source.ts";
import { readGoSettings, requireGoproxy } from "../../src/upstream/go_settings.ts";
import { GoauthCredentials } from "../../src/upstream/goauth_credentials.ts";
import { HttpClient } from "../../src/upstream/http_client.ts";
import { parseProxyList } from "../../src/upstream/proxy_list.ts";
import { receiveZip } from "../../src/upstream/zip_receiver.ts";
import type { RecordedAnswer } from "./recorded_answers.ts";

/** A lasting answer of a registry; its file is new and the asker's. */
export type RegistryAnswer = RecordedAnswer;

const maxBytes = 500 << 20;

/** The first http or https proxy of the machine's own GOPROXY setting, and the checksum database of its GOSUMDB. */
export class Registry {
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #databaseName: string;

  constructor(env: Environment) {
    const settings = readGoSettings(env);
    this.#url = firstProxy(requireGoproxy(settings));
    // The name stands first in every form of the setting: `name`, `name+hash+key`, each with a URL behind it.
    this.#databaseName = /^[^\s+]*/.exec(settings.GOSUMDB ?? "")?.[0] ?? "";
    this.#client = new HttpClient({
      userAgent: "gomodfs-test",
      env,
      credentials: new GoauthCredentials({
        goauth: settings.GOAUTH,
        environment: env,
        log: silentLogger,
      }),
    });
  }

  /**
   * What it says about a path of the GOPROXY protocol. Bytes come as a new file in `spoolDirectory`.
   *
   * @throws GomodfsError for an answer that may change: the registry refuses, fails or is out of reach
   */
  async ask(path: string, spoolDirectory: string): Promise<RegistryAnswer> {
    const database = `/sumdb/${this.#databaseName}/`;
    return path.startsWith("/sumdb/")
      ? await this.#askDatabase(path, database, spoolDirectory)
      : await this.#askProxy(path, spoolDirectory);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #askProxy(path: string, spoolDirectory: string): Promise<RegistryAnswer> {
    const url = new URL(this.#url);
    url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
    const spool = { directory: spoolDirectory, maxMemory: 0 };
    const receive = (size: number | undefined) => receiveZip(spool, size);
    const result = await this.#client.get({ url, maxBytes, receive });
    if (result.ok) return await answerOf(result.body, spoolDirectory);
    const { status, reason } = result;
    if (status === 404 || status === 410) return { kind: "absent", status, reason };
    throw new GomodfsError(
      "UPSTREAM",
      `the registry answers ${status} to ${redactUrl(url)}: ${reason}`,
    );
  }

  async #askDatabase(
    path: string,
    database: string,
    spoolDirectory: string,
  ): Promise<RegistryAnswer> {
    const unknown = { kind: "absent", status: 404, reason: "no such checksum database" } as const;
    if (!path.startsWith(database)) return unknown;
    const name = this.#databaseName;
    const source = new GoProxySource({
      goproxy: this.#url.href,
      gonoproxy: "",
      checksumDatabase: { name },
      client: this.#client,
      spoolDirectory,
    });
    try {
      const question = path.slice(database.length - 1);
      const bytes = await source.checksumDatabase(question);
      return await answerOf({ kind: "memory", bytes: new Uint8Array(bytes) }, spoolDirectory);
    } catch (error) {
      if (!isGomodfsError(error, "NOT_FOUND")) throw error;
      return { kind: "absent", status: 404, reason: error.message };
    }
  }
}

function firstProxy(goproxy: string): URL {
  const entry = parseProxyList(goproxy, "").find(
    (candidate) => candidate.kind === "proxy" && candidate.url.protocol !== "file:",
  );
  if (entry?.kind === "proxy") return entry.url;
  throw new GomodfsError("USAGE", `GOPROXY=${goproxy} names no http or https proxy to record from`);
}

async function answerOf(bytes: ZipBytes, spoolDirectory: string): Promise<RegistryAnswer> {
  if (bytes.kind === "file") return { kind: "file", file: bytes.path, size: bytes.size };
  const file = join(spoolDirectory, randomUUID());
  await writeFile(file, bytes.bytes);
  return { kind: "file", file, size: bytes.bytes.length };
}
