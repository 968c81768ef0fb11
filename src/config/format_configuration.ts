import { redactUserinfo } from "../lib/redact_url.ts";
import type { ResolvedConfiguration, SettingOrigin } from "./configuration.ts";
import { type Setting, settings } from "./settings.ts";
import { formatTomlValue } from "./toml_format.ts";

/**
 * All settings as a TOML file that says the same, each with where it comes from; those without a value as comments.
 * Passwords in URLs read `xxxxx`.
 */
export function formatConfiguration(configuration: ResolvedConfiguration): string {
  let section = "";
  let text = "";
  for (const setting of settings) {
    const name = setting.path.slice(0, -1).join(".");
    if (name !== section) text += `\n${headerOf(name, configuration)}\n`;
    section = name;
    text += `${lineOf(setting, configuration)}\n`;
  }
  return text;
}

/** A section of which nothing is set stays a comment: some must have all of their settings, or not be there. */
function headerOf(name: string, { settings: effective }: ResolvedConfiguration): string {
  const isSet = [...effective.keys()].some((key) => key.startsWith(`${name}.`));
  return isSet ? `[${name}]` : `# [${name}]`;
}

function lineOf({ path, key, description }: Setting, configuration: ResolvedConfiguration): string {
  const name = path.at(-1);
  const effective = configuration.settings.get(key);
  if (effective === undefined) return `# ${name} is not set: ${description.unset ?? "nothing"}`;
  const value = redactUserinfo(formatTomlValue(effective.value));
  return `${name} = ${value}  # ${formatOrigin(effective.origin)}`;
}

function formatOrigin(origin: SettingOrigin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      // A comment ends with its line (TOML 1.0): a file's name may hold anything.
      return `${origin.file.replaceAll(/\p{Cc}/gu, "?")}:${origin.line}`;
    case "flag":
      return origin.flag;
  }
}
