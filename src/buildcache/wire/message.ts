import type { ActionId, OutputId } from "../identifier.ts";

/*
 * The messages of GOCACHEPROG (cmd/go/internal/cacheprog/cacheprog.go), after decoding.
 */

/** What the go command asks. `id` is to be repeated in the response. */
export type Request =
  | { readonly command: "get"; readonly id: number; readonly actionId: ActionId }
  | {
      readonly command: "put";
      readonly id: number;
      readonly actionId: ActionId;
      readonly outputId: OutputId;
      /** Bytes of the body, which follows if there are any. */
      readonly bodySize: number;
    }
  | { readonly command: "close"; readonly id: number }
  /** A command that this program did not claim to know, or one with impossible arguments. */
  | { readonly command: "invalid"; readonly id: number; readonly reason: string };

/** What the go command is answered. */
export type Response =
  | { readonly kind: "miss"; readonly id: number }
  | {
      readonly kind: "hit";
      readonly id: number;
      readonly outputId: OutputId;
      readonly size: number;
      /** When it was put. */
      readonly time: Date;
      /** Absolute; it stays there until the go command closes. */
      readonly diskPath: string;
    }
  | { readonly kind: "stored"; readonly id: number; readonly diskPath: string }
  | { readonly kind: "closed"; readonly id: number }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string };
