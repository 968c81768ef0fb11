import { resolve } from "node:path";
import { type FlagValue, isSettingValue } from "./configuration.ts";
import { settings } from "./settings.ts";
import type { SettingValue } from "./toml_format.ts";

/**
 * The settings that flags give, by the names that commander makes of the flags: `allowOther` for `--allow-other`. What
 * is undefined was not given.
 *
 * @param directory what relative paths are relative to, absolute
 */
export function flagValues(
  flags: Readonly<Record<string, unknown>>,
  directory: string,
): FlagValue[] {
  return settings.flatMap(({ path, description: { flag, isPath } }) => {
    const given = flag === undefined ? undefined : flags[attributeName(flag)];
    if (flag === undefined || !isSettingValue(given)) return [];
    return [{ path, flag, value: isPath === true ? absolute(given, directory) : given }];
  });
}

/** A store's name may have dir: before its path. */
function absolute(value: SettingValue, directory: string): SettingValue {
  if (typeof value !== "string") return value;
  const [, prefix = "", path = ""] = /^(dir:)?(.*)$/s.exec(value) ?? [];
  return path === "" ? value : prefix + resolve(directory, path);
}

/** commander's Option.attributeName */
function attributeName(flag: string): string {
  return flag.slice("--".length).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
