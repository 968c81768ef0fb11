import {
  formatCredential,
  parseClientName,
  parseModulePatterns,
} from "../http/access/credential.ts";
import {
  type CredentialHash,
  generateToken,
  hashPassword,
  hashToken,
} from "../http/access/credential_hash.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { CredentialFlags } from "./credential_definition.ts";
import { EXIT_DONE } from "./exit_code.ts";

/** What an Authorization header can carry with room to spare. */
const MAX_PASSWORD_BYTES = 1_024;
/** NIST SP 800-63B section 5.1.1.1 */
const MIN_PASSWORD_CHARACTERS = 8;

/** `gomodfs credential`: makes a line of a file of credentials. */
export async function runCredential(name: string, flags: CredentialFlags): Promise<number> {
  const client = parseClientName(name);
  const patterns = (flags.allow ?? []).flatMap(parseModulePatterns);
  const hash = flags.password === true ? await readPassword() : makeToken(client);
  process.stdout.write(`${formatCredential({ name: client, hash, patterns })}\n`);
  return EXIT_DONE;
}

function makeToken(name: string): CredentialHash {
  const token = generateToken();
  process.stderr.write(
    `the token of ${name}, which cannot be shown again:\n` +
      `  ${token}\n` +
      "put this into the client's .netrc, with the server's name for HOST:\n" +
      `  machine HOST login ${name} password ${token}\n` +
      "or let a program that GOAUTH names print it (go help goauth):\n" +
      `  Authorization: Bearer ${token}\n`,
  );
  return hashToken(token);
}

async function readPassword(): Promise<CredentialHash> {
  if (process.stdin.isTTY) {
    throw new GomodfsError("USAGE", "a password is not read from a terminal, which would show it", {
      hint: 'pipe it in: read -rs PASSWORD && printf %s "$PASSWORD" | gomodfs credential NAME --password',
    });
  }
  const password = (await readStandardInput()).replace(/\r?\n$/, "");
  if (/\p{Cc}/u.test(password)) {
    throw new GomodfsError("USAGE", "the password has more than one line, or control characters");
  }
  if (Array.from(password).length < MIN_PASSWORD_CHARACTERS) {
    throw new GomodfsError(
      "USAGE",
      `the password is shorter than ${MIN_PASSWORD_CHARACTERS} characters`,
      { hint: "without --password a token is made, which is safer" },
    );
  }
  return await hashPassword(password);
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > MAX_PASSWORD_BYTES) {
      throw new GomodfsError("USAGE", `the password is longer than ${MAX_PASSWORD_BYTES} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
