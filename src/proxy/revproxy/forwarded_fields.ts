/** Header fields as they were sent: names and values in turn. */
export type RawFields = readonly string[];

/** Fields that are about one connection and not the message (RFC 9110 section 7.6.1), and credentials for a proxy. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** How this proxy calls itself in Via (RFC 9110 section 7.6.3). */
const PSEUDONYM = "gomodfs";

/** The value of a field, several joined by commas (RFC 9110 section 5.3); undefined if there is none. */
export function fieldValue(fields: RawFields, lowerCaseName: string): string | undefined {
  const values = pairsOf(fields)
    .filter(([name]) => name.toLowerCase() === lowerCaseName)
    .map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** The fields without those of these names. */
export function withoutFields(fields: RawFields, lowerCaseNames: ReadonlySet<string>): string[] {
  return pairsOf(fields)
    .filter(([name]) => !lowerCaseNames.has(name.toLowerCase()))
    .flat();
}

/** The fields that go on to the next hop: neither those that every proxy drops nor those that Connection names. */
export function endToEndFields(fields: RawFields): string[] {
  const named = fieldValue(fields, "connection")?.toLowerCase().split(",") ?? [];
  const dropped = new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())]);
  return withoutFields(fields, dropped);
}

/** @param id tells this proxy from others that are called the same */
export function viaField(id: string): string[] {
  return ["Via", `1.1 ${PSEUDONYM}-${id}`];
}

/** Whether a message has been at this proxy before. */
export function isLoop(fields: RawFields, id: string): boolean {
  return fieldValue(fields, "via")?.includes(`${PSEUDONYM}-${id}`) ?? false;
}

function pairsOf(fields: RawFields): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    pairs.push([fields[index] ?? "", fields[index + 1] ?? ""]);
  }
  return pairs;
}
