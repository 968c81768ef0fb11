/** `gzip`, its old name and `*`, each with its weight (RFC 9110 section 12.5.3). */
const GZIP_PATTERN = /^(?:gzip|x-gzip|\*)$/i;
const WEIGHT_PATTERN = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/** Whether an Accept-Encoding field asks for gzip. Without the field nothing is asked for. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  // What Go's net/http sends.
  if (acceptEncoding === undefined || acceptEncoding === "gzip") return acceptEncoding === "gzip";
  let anyCoding = false;
  for (const item of acceptEncoding.split(",")) {
    const [coding = "", ...parameters] = item.split(";").map((text) => text.trim());
    if (!GZIP_PATTERN.test(coding)) continue;
    const isAccepted = weight(parameters) > 0;
    if (coding !== "*") return isAccepted;
    anyCoding = isAccepted;
  }
  return anyCoding;
}

function weight(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const match = WEIGHT_PATTERN.exec(parameter);
    if (match !== null) return Number(match[1]);
  }
  return 1;
}
