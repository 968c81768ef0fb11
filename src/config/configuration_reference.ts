import { resolveConfiguration } from "./configuration.ts";
import { settings } from "./settings.ts";
import { formatTomlValue } from "./toml_format.ts";

/** All settings in Markdown: a heading and a table for each section. */
export function configurationReference(): string {
  const defaults = resolveConfiguration(undefined).settings;
  const lines: string[] = [];
  let section: string | undefined;
  for (const { path, key, description } of settings) {
    const name = path.slice(0, -1).join(".");
    if (name !== section) {
      lines.push("", name === "" ? "### At the top" : `### [${name}]`, "");
      lines.push("| key | default | what it means |", "|---|---|---|");
    }
    section = name;
    const { text, syntax, unset = "", flag } = description;
    const value = defaults.get(key)?.value;
    const shown = value === undefined ? unset : `\`${formatTomlValue(value)}\``;
    const said = flag === undefined ? "" : `; flag \`${flag}\``;
    lines.push(`| \`${path.at(-1)}\` | ${shown} | ${text}; ${syntax}${said} |`);
  }
  return `${lines.join("\n").trim()}\n`;
}
