/** A value that a setting may have in a file. */
export type SettingValue = string | number | boolean | readonly string[];

/** A value as TOML writes it, on one line. */
export function formatTomlValue(value: SettingValue): string {
  if (typeof value === "string") return formatTomlString(value);
  if (typeof value !== "object") return String(value);
  return `[${value.map(formatTomlString).join(", ")}]`;
}

/** A basic string (TOML 1.0, "String"): JSON's, but DEL is a control character too. Lone surrogates are escaped by neither. */
function formatTomlString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007f");
}
