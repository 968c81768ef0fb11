import { hash } from "node:crypto";
import { type ActionId, isActionId, isOutputId, type OutputId } from "../../identifier.ts";

/** An action id that a text stands for. */
export function actionId(name: string): ActionId {
  const id = hash("sha256", name, "hex");
  if (!isActionId(id)) throw new Error("a SHA-256 is an id");
  return id;
}

/** The id of these bytes. */
export function outputId(bytes: Uint8Array | string): OutputId {
  const id = hash("sha256", bytes, "hex");
  if (!isOutputId(id)) throw new Error("a SHA-256 is an id");
  return id;
}
