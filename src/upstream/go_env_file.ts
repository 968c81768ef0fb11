/**
 * The settings of a GOENV file or of `$GOROOT/go.env`, as cmd/go/internal/cfg `readEnvFile` reads them: `KEY=value`
 * lines whose first byte is an upper-case letter; everything else is ignored, and of a repeated key the last counts.
 */
export function parseGoEnvFile(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals < 0 || !/^[A-Z]/.test(line)) continue;
    settings.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return settings;
}
