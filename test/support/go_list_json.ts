type JsonObject = Readonly<Record<string, unknown>>;

/** The objects that `go list -m -json` printed, without where they are in a GOMODCACHE. */
export function listedModules(output: string): JsonObject[] {
  const texts = output.split(/^(?=\{)/m).filter((text) => text.trim() !== "");
  return texts.map((text) => withoutCachePaths(parseObject(text)));
}

/** Each line as a JSON object. */
export function jsonLines(output: string): JsonObject[] {
  return output.trim().split("\n").map(parseObject);
}

function withoutCachePaths(module: JsonObject): JsonObject {
  const { Main: main, Replace: replace } = module;
  const place = isObject(replace) ? replace : module;
  const isHere = main === true || place["Version"] === undefined;
  const kept = Object.entries(module).filter(
    ([name]) => isHere || (name !== "Dir" && name !== "GoMod"),
  );
  return Object.fromEntries(
    kept.map(([name, value]) => [name, isObject(value) ? withoutCachePaths(value) : value]),
  );
}

function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (isObject(value)) return value;
  throw new Error(`${text} is not a JSON object`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
