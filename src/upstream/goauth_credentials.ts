import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { RequestQueue } from "../lib/request_queue.ts";
import { basicAuthorization } from "./authorization.ts";
import { type CredentialHeaders, CredentialTable } from "./credential_table.ts";
import {
  fillGitCredential,
  type GitCredential,
  type GitCredentialOptions,
  settleGitCredential,
} from "./git_credential.ts";
import type { Environment } from "./go_installation.ts";
import { runGoauthProgram } from "./goauth_program.ts";
import { type GoauthCommand, parseGoauth } from "./goauth_setting.ts";
import { readNetrcFile } from "./netrc_file.ts";
import type { RefusalHead, RenewedCredentials, RequestCredentials } from "./request_credentials.ts";
import { SharedFlights } from "./shared_flights.ts";

/** What {@linkcode GoauthCredentials} are made of. */
export interface GoauthCredentialsOptions {
  /** The GOAUTH setting. */
  readonly goauth: string;
  /** For HOME, NETRC and PATH; the programs get it. */
  readonly environment: Environment;
  readonly log: Logger;
  /** Milliseconds for one program; a minute unless given. */
  readonly timeout?: number;
}

/** A request that was refused; undefined before the first one. */
interface RefusedRequest {
  readonly url: URL;
  readonly refusal: RefusalHead;
}

/** Runs of GOAUTH's commands at once. */
const maxRuns = 4;

/**
 * Credentials from the commands of GOAUTH (`go help goauth`): all are run before the first https request, and again for
 * each request that is refused with a status of 4xx. Of two that name the same URL prefix the one that stands first in
 * GOAUTH counts; the longest prefix goes before all others.
 *
 * A request is not repeated where the commands have nothing new, unlike in cmd/go. A command that fails is written to
 * the log, without what it printed, and the others count.
 */
export class GoauthCredentials implements RequestCredentials, Disposable {
  readonly #commands: readonly GoauthCommand[];
  readonly #options: GoauthCredentialsOptions;
  readonly #table = new CredentialTable();
  readonly #queue = new RequestQueue({ slots: maxRuns });
  readonly #firstRun = new SharedFlights<void>();
  readonly #closing = new AbortController();
  readonly #failed = new Set<GoauthCommand>();
  #hasRun = false;

  /** @throws GomodfsError `USAGE` if GOAUTH cannot be read */
  constructor(options: GoauthCredentialsOptions) {
    this.#options = options;
    this.#commands = parseGoauth(options.goauth);
  }

  async headersFor(url: URL, signal: AbortSignal | undefined): Promise<CredentialHeaders> {
    if (!this.#hasRun) {
      await this.#firstRun.join("", signal, async (flight) => {
        await this.#run(undefined, this.#untilClosing(flight));
        this.#hasRun = true;
      });
    }
    return this.#table.find(url) ?? {};
  }

  async renew(
    url: URL,
    sent: CredentialHeaders,
    refusal: RefusalHead,
    signal: AbortSignal | undefined,
  ): Promise<RenewedCredentials | undefined> {
    return await this.#queue.run("demand", signal, async () => {
      // Another request may have brought new ones while this one waited for its answer or its turn.
      const known = this.#newFor(url, sent);
      if (known !== undefined) return { headers: known, settle: () => {} };
      const bare = withoutUserinfo(url);
      const filled = await this.#run({ url: bare, refusal }, this.#untilClosing(signal));
      const headers = this.#newFor(url, sent);
      if (headers === undefined) return undefined;
      return { headers, settle: (status: number) => this.#settle(filled, status) };
    });
  }

  /** Ends the programs that run. */
  [Symbol.dispose](): void {
    this.#closing.abort();
  }

  #untilClosing(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal;
    return signal === undefined ? closing : AbortSignal.any([closing, signal]);
  }

  #newFor(url: URL, sent: CredentialHeaders): CredentialHeaders | undefined {
    const headers = this.#table.find(url);
    return headers === undefined || sameHeaders(headers, sent) ? undefined : headers;
  }

  /** Runs all commands, the last first, so that the first has the last word. Gives what git knew. */
  async #run(
    request: RefusedRequest | undefined,
    signal: AbortSignal,
  ): Promise<FilledCredential[]> {
    const filled: FilledCredential[] = [];
    for (const command of this.#commands.toReversed()) {
      try {
        const credential = await this.#runCommand(command, request, signal);
        if (credential !== undefined) filled.push(credential);
      } catch (error) {
        if (isGomodfsError(error, "CANCELLED")) throw error;
        this.#report(command, error);
      }
    }
    return filled;
  }

  async #runCommand(
    command: GoauthCommand,
    request: RefusedRequest | undefined,
    signal: AbortSignal,
  ): Promise<FilledCredential | undefined> {
    switch (command.kind) {
      case "netrc":
        // Read again each time: a daemon outlives a password. Of equal machines the first counts.
        for (const { machine, login, password } of readNetrcFile(this.#environment).toReversed()) {
          this.#table.set(machine, basicAuthorization(login, password));
        }
        return undefined;
      case "git": {
        // git has no way to list what it knows.
        if (request === undefined) return undefined;
        const { directory } = command;
        const credential = await fillGitCredential(request.url, this.#git(directory, signal));
        this.#table.set(credential.prefix, credential.headers);
        return { directory, credential };
      }
      case "program": {
        const sets = await runGoauthProgram(command.argv, {
          environment: this.#environment,
          timeout: this.#timeout,
          signal,
          ...request,
        });
        for (const [prefix, headers] of sets) this.#table.set(prefix, headers);
        return undefined;
      }
    }
  }

  get #environment(): Environment {
    return this.#options.environment;
  }

  get #timeout(): number {
    return this.#options.timeout ?? 60_000;
  }

  #git(directory: string, signal: AbortSignal): GitCredentialOptions {
    return { directory, environment: this.#environment, timeout: this.#timeout, signal };
  }

  /**
   * cmd/go finds out with a HEAD request for the prefix whether a credential is good (gitauth.go,
   * `updateGitCredentialHelper`); the repeated request itself says so too.
   */
  #settle(filled: readonly FilledCredential[], status: number): void {
    if (status !== 200 && status !== 401) return;
    const action = status === 200 ? "approve" : "reject";
    for (const { directory, credential } of filled) {
      const settled = settleGitCredential(
        action,
        credential,
        this.#git(directory, this.#closing.signal),
      );
      settled.catch((error: unknown) => {
        this.#options.log.debug(`git credential ${action} failed`, { error });
      });
    }
  }

  #report(command: GoauthCommand, error: unknown): void {
    const message = `GOAUTH: ${nameOf(command)} gave no credentials`;
    // Once is enough to know; a build may meet hundreds of refusals.
    if (this.#failed.has(command)) this.#options.log.debug(message, { error });
    else this.#options.log.warn(message, { error });
    this.#failed.add(command);
  }
}

interface FilledCredential {
  readonly directory: string;
  readonly credential: GitCredential;
}

/** Arguments of a program may be credentials. */
function nameOf(command: GoauthCommand): string {
  return command.kind === "program" ? command.argv[0] : command.kind;
}

function sameHeaders(one: CredentialHeaders, other: CredentialHeaders): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}

function withoutUserinfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}
