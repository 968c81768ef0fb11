import * as z from "zod";
import {
  configurationSchema,
  type SettingDescription,
  settingDescriptions,
} from "./configuration_schema.ts";

/** One setting of gomodfs.toml. */
export interface Setting {
  /** The names of the sections and its own. */
  readonly path: readonly string[];
  /** The path with dots, as TOML writes it. */
  readonly key: string;
  readonly description: SettingDescription;
}

/** All settings, in the order of the schema: those of a section together, before those of the sections in it. */
export const settings: readonly Setting[] = [...settingsOf(configurationSchema, [])];

function* settingsOf(section: z.ZodObject, base: readonly string[]): Generator<Setting, undefined> {
  const inner: [z.ZodObject, readonly string[]][] = [];
  for (const [name, type] of Object.entries(section.shape)) {
    const path = [...base, name];
    const description = settingDescriptions.get(type);
    if (description !== undefined) yield { path, key: path.join("."), description };
    else inner.push([sectionOf(type, path), path]);
  }
  for (const [type, path] of inner) yield* settingsOf(type, path);
}

function sectionOf(type: z.core.$ZodType, path: readonly string[]): z.ZodObject {
  if (type instanceof z.ZodObject) return type;
  if (type instanceof z.ZodPrefault || type instanceof z.ZodOptional) {
    return sectionOf(type.unwrap(), path);
  }
  throw new TypeError(
    `${path.join(".")} of the configuration has no description and is no section`,
  );
}

/** The setting at a path; undefined if it is that of a section, or of nothing. */
export function settingAt(path: readonly (string | number)[]): Setting | undefined {
  const key = path.join(".");
  return settings.find((setting) => setting.key === key);
}

/** The names that a section may have in it, sections included; of the top with an empty path. */
export function namesIn(path: readonly string[]): readonly string[] {
  const inside = settings.filter((setting) => path.every((name, at) => setting.path[at] === name));
  return [...new Set(inside.flatMap((setting) => setting.path[path.length] ?? []))];
}
