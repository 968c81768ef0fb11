import type { Client } from "../http_exchange.ts";
import type { Refusal } from "../refusal.ts";

/** Whether a request is let in. */
export type Admission =
  | { readonly kind: "admitted"; readonly client: Client }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export function refused(refusal: Refusal): Admission {
  return { kind: "refused", refusal };
}
