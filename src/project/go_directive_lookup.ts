/**
 * The value of the first `KEY value` line of a go.mod or go.work file, whatever else is wrong with the file; "" if there
 * is none (cmd/go/internal/gover GoModLookup: the toolchain is chosen before the file can be parsed, since a newer Go may
 * know more of its syntax).
 */
export function lookUpDirective(text: string, key: "go" | "toolchain"): string {
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (!trimmed.startsWith(key)) continue;
    const rest = trimmed.slice(key.length);
    if (!rest.startsWith(" ") && !rest.startsWith("\t")) continue;
    const [value = ""] = rest.split("//", 1);
    return value.trim();
  }
  return "";
}
