import type * as z from "zod";
import { closestName } from "./closest_name.ts";
import { namesIn, settingAt, settings } from "./settings.ts";
import type { TomlPath, TomlValue } from "./toml_document.ts";

/** One thing that is wrong with a configuration. */
export interface ConfigurationProblem {
  /** The key or the value that it is about. */
  readonly path: TomlPath;
  /** Whether it is about the key, as where one is unknown or missing, or about the value. */
  readonly about: "key" | "value";
  /** What is wrong, and what is expected; without the value, which may be a secret. */
  readonly message: string;
}

/**
 * What the schema's issues mean to whoever wrote the configuration.
 *
 * @param valueOfPath the value at a path
 */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  valueOfPath: (path: TomlPath) => TomlValue | undefined,
): ConfigurationProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === "symbol" ? step.toString() : step));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(path, key));
    }
    const value = valueOfPath(path);
    return value === undefined ? missingKey(path) : wrongValue(path, issue, value);
  });
}

function unknownKey(section: TomlPath, key: string): ConfigurationProblem {
  const base = section.map(String);
  const message = `unknown key ${JSON.stringify(key)}: ${suggestion(base, key)}`;
  return { path: [...section, key], about: "key", message };
}

function suggestion(section: readonly string[], key: string): string {
  const names = namesIn(section);
  const elsewhere = settings.find(({ path }) => path.at(-1) === key);
  const near = closestName(key, names);
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
  if (elsewhere !== undefined) {
    const { path } = elsewhere;
    return path.length === 1
      ? "it belongs at the top of the file, before any section"
      : `it belongs in [${path.slice(0, -1).join(".")}]`;
  }
  return `known here are ${names.join(", ")}`;
}

function missingKey(path: TomlPath): ConfigurationProblem {
  const expected = settingAt(path)?.description.syntax ?? "a table";
  const message = `${JSON.stringify(path.at(-1))} is missing: it must be ${expected}`;
  return { path: path.slice(0, -1), about: "key", message };
}

function wrongValue(
  path: TomlPath,
  issue: z.core.$ZodIssue,
  value: TomlValue,
): ConfigurationProblem {
  return { path, about: "value", message: `${formatPath(path)}: ${reasonOf(path, issue, value)}` };
}

function reasonOf(path: TomlPath, issue: z.core.$ZodIssue, value: TomlValue): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "too_big") return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  if (issue.code === "too_small") return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  if (issue.code === "invalid_value") return oneOf(issue.values.map(String), value);
  return `must be ${expectedAt(path)}, and is ${kindOf(value)}`;
}

function oneOf(names: readonly string[], value: TomlValue): string {
  const near = typeof value === "string" ? closestName(value, names) : undefined;
  const guess = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
  return `must be one of ${names.map((name) => JSON.stringify(name)).join(", ")}${guess}`;
}

function unitOf(origin: string): string {
  return origin === "array" ? " values" : "";
}

function expectedAt(path: TomlPath): string {
  const setting = settingAt(path);
  if (setting !== undefined) return setting.description.syntax;
  // Elements of arrays are strings, all of them; what remains are sections.
  return typeof path.at(-1) === "number" ? "a string" : "a table";
}

function kindOf(value: TomlValue): string {
  if (typeof value === "string") return "a string";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a float";
  if (value instanceof Date) return "a date";
  return Array.isArray(value) ? "an array" : "a table";
}

/** `http.listen[1]`: elements are counted from 0, as the tools for TOML and JSON do. */
function formatPath(path: TomlPath): string {
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join("");
}
