const maxReasonLines = 8;
/** Characters; cmd/go shows as many (cmd/go/internal/web/api.go, `maxErrorDetailBytes`). */
const maxReasonLength = maxReasonLines * 81;

/** Bytes of an error body that are looked at. */
export const maxReasonBytes = 8 << 10;

/**
 * What a server says about an error, fit to be shown: its first lines up to an empty one, joined by spaces, without
 * control characters (nothing may reach the user's terminal), bounded. Empty unless the body is plain text in UTF-8.
 */
export function serverReason(contentType: string | undefined, body: Uint8Array): string {
  if (!isPlainText(contentType)) return "";
  return printableReason(new TextDecoder().decode(body.subarray(0, maxReasonBytes)));
}

/** The first lines of a text up to an empty one, as {@linkcode serverReason} shows them. */
export function printableReason(text: string): string {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const shown = line.replace(/[\p{C}\p{Zl}\p{Zp}\uFFFD]/gu, " ").trim();
    if (shown === "" || lines.length === maxReasonLines) break;
    lines.push(shown);
  }
  const reason = lines.join(" ");
  return reason.length > maxReasonLength ? `${reason.slice(0, maxReasonLength)}...` : reason;
}

function isPlainText(contentType: string | undefined): boolean {
  const [type = "", ...parameters] = (contentType ?? "").toLowerCase().split(";");
  if (type.trim() !== "text/plain") return false;
  const charset = parameters
    .map((parameter) => /^\s*charset="?([^"\s]*)/.exec(parameter)?.[1])
    .find((name) => name !== undefined);
  return charset === undefined || charset === "utf-8" || charset === "us-ascii";
}
