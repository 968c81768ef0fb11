// By itself in a file that is loaded only where keys of the environment do not do: it takes 20 ms. A bundler finds the
// names of a CommonJS package only in a static import.
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { CredentialChain } from "./credentials.ts";

/** The credential chain of AWS's own programs, which reads the process's environment. */
export function officialChain(): CredentialChain {
  return defaultProvider();
}
