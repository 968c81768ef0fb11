import { GomodfsError } from "../lib/gomodfs_error.ts";
import { describeIssues } from "./configuration_problem.ts";
import { type Configuration, configurationSchema } from "./configuration_schema.ts";
import { settings } from "./settings.ts";
import { emptyTable, TomlDocument, type TomlPath, tableAt, valueAt } from "./toml_document.ts";
import type { SettingValue } from "./toml_format.ts";

/** Where a setting's value comes from. */
export type SettingOrigin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly file: string; readonly line: number }
  /** The flag as it is written: `--store`. */
  | { readonly kind: "flag"; readonly flag: string };

/** A value of the command line, which goes before the file's. */
export interface FlagValue {
  readonly path: readonly string[];
  readonly flag: string;
  readonly value: SettingValue;
}

/** A setting that has a value, as a file would say it. */
export interface EffectiveSetting {
  readonly value: SettingValue;
  readonly origin: SettingOrigin;
}

/** What a file, flags and defaults come to. */
export interface ResolvedConfiguration {
  readonly values: Configuration;
  /** By key with dots, those that have a value. */
  readonly settings: ReadonlyMap<string, EffectiveSetting>;
}

/** A file of configuration. */
export interface ConfigurationText {
  /** Names it in messages. */
  readonly file: string;
  readonly text: string;
}

/**
 * Reads gomodfs.toml.
 *
 * @throws GomodfsError `USAGE` with everything that is wrong, a line each: `FILE:LINE:COLUMN: what, and what is expected`
 */
export function parseConfiguration(text: string, file: string): Configuration {
  return resolveConfiguration({ text, file }).values;
}

/**
 * What a file and flags come to; each flag that is given goes before what the file says.
 *
 * @throws GomodfsError as {@linkcode parseConfiguration}; for a flag's value with the flag in place of the file
 */
export function resolveConfiguration(
  source: ConfigurationText | undefined,
  flags: readonly FlagValue[] = [],
): ResolvedConfiguration {
  const document = source && parseDocument(source);
  const root = document?.root ?? emptyTable();
  for (const { path, value } of flags) {
    tableAt(root, path.slice(0, -1))[path.at(-1) ?? ""] =
      typeof value === "object" ? [...value] : value;
  }
  const result = configurationSchema.safeParse(root);
  if (!result.success) {
    const problems = describeIssues(result.error.issues, (path) => valueAt(root, path));
    const places = problems.map(({ path, about, message }) => ({
      message,
      place: placeOf(path, about, source?.file, document, flags),
    }));
    throw wrongConfiguration(places);
  }
  const written = configurationSchema.encode(result.data);
  return {
    values: result.data,
    settings: effectiveSettings(written, source?.file, document, flags),
  };
}

function parseDocument({ file, text }: ConfigurationText): TomlDocument {
  const document = TomlDocument.parse(text);
  if (document instanceof TomlDocument) return document;
  const { line, column } = document.position;
  throw new GomodfsError("USAGE", `${file}:${line}:${column}: ${document.message}`);
}

/** A line of a message, and where it belongs among the others. */
interface PlacedMessage {
  readonly message: string;
  readonly place: {
    readonly name: string;
    readonly line: number;
    readonly column: number;
  };
}

function placeOf(
  path: TomlPath,
  about: "key" | "value",
  file: string | undefined,
  document: TomlDocument | undefined,
  flags: readonly FlagValue[],
): PlacedMessage["place"] {
  const given = flags.find((flag) => startsWith(path, flag.path));
  const position = about === "key" ? document?.keyPosition(path) : document?.valuePosition(path);
  if (given === undefined && position !== undefined) {
    const { line, column } = position;
    return { name: `${file}:${line}:${column}`, line, column };
  }
  // A key that is missing beside one that a flag gave has no place in a file.
  const flag = given ?? flags.find((beside) => startsWith(beside.path, path));
  return { name: flag?.flag ?? `${file}:1:1`, line: 0, column: 0 };
}

function startsWith(path: TomlPath, prefix: TomlPath): boolean {
  return prefix.every((name, index) => name === path[index]);
}

function wrongConfiguration(messages: readonly PlacedMessage[]): GomodfsError {
  const sorted = messages.toSorted(
    ({ place: a }, { place: b }) => a.line - b.line || a.column - b.column,
  );
  const lines = sorted.map(({ place, message }) => `${place.name}: ${message}`);
  return new GomodfsError("USAGE", lines.join("\n"));
}

function effectiveSettings(
  written: object,
  file: string | undefined,
  document: TomlDocument | undefined,
  flags: readonly FlagValue[],
): Map<string, EffectiveSetting> {
  const effective = new Map<string, EffectiveSetting>();
  for (const { path, key } of settings) {
    const value = writtenValue(written, path);
    if (value === undefined) continue;
    const flag = flags.findLast((given) => given.path.join(".") === key);
    const position = document?.valuePosition(path);
    let origin: SettingOrigin = { kind: "default" };
    if (flag !== undefined) origin = { kind: "flag", flag: flag.flag };
    else if (position !== undefined && file !== undefined) {
      origin = { kind: "file", file, line: position.line };
    }
    effective.set(key, { value, origin });
  }
  return effective;
}

function writtenValue(root: object, path: readonly string[]): SettingValue | undefined {
  let value: unknown = root;
  for (const name of path) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  }
  return isSettingValue(value) ? value : undefined;
}

/** Whether a value is one that a setting can have. */
export function isSettingValue(value: unknown): value is SettingValue {
  if (Array.isArray(value)) return value.every((element) => typeof element === "string");
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

export type { Configuration };
