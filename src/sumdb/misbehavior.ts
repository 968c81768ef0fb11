import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatHash, type Hash } from "./hash.ts";
import { checkTree, proveTree } from "./proof.ts";
import type { SignedTree } from "./signed_tree.ts";
import { decodeText } from "./text.ts";

/** A database has signed two trees that contradict each other. */
export class MisbehaviorError extends GomodfsError {
  /** Both signed trees and the proof that they do not belong together: enough for anyone to check. */
  readonly evidence: string;

  constructor(name: string, evidence: string) {
    super(
      "SECURITY",
      `checksum database ${name} is misbehaving: it has signed trees that contradict each other`,
      {
        hint: "trust nothing from it until its operator has explained the evidence in the log",
      },
    );
    this.evidence = evidence;
  }
}

/**
 * Describes how two signed trees contradict each other, in the words of golang.org/x/mod/sumdb.Client. The notes alone
 * prove nothing: it takes the proof that the newer tree has another hash at the older one's size, after which the
 * report does not depend on the server any more.
 *
 * @param hash what the newer tree has for the older one's hash
 */
export async function describeMisbehavior(
  older: SignedTree,
  newer: SignedTree,
  hash: Hash,
): Promise<string> {
  return [
    "SECURITY ERROR\n",
    "go.sum database server misbehavior detected!\n\n",
    `old database:\n\t${indent(older.message)}\n`,
    `new database:\n\t${indent(newer.message)}\n`,
    `proof of misbehavior:\n\t${formatHash(hash)}`,
    ...(await proofLines(older, newer, hash)),
  ].join("");
}

/** Reads no tiles that were not read for `hash` already. */
async function proofLines(older: SignedTree, newer: SignedTree, hash: Hash): Promise<string[]> {
  try {
    const proof = await proveTree(newer.tree.size, older.tree.size, newer.hashes);
    checkTree(proof, newer.tree, { size: older.tree.size, hash });
    return proof.map((element) => `\n\t${formatHash(element)}`);
  } catch (error) {
    return [`\tinternal error: ${error instanceof Error ? error.message : String(error)}\n`];
  }
}

function indent(message: Uint8Array): string {
  return decodeText(message).replaceAll("\n", "\n\t");
}
