/** Go's encoding/json escapes these inside strings so that JSON can stand in HTML and in JavaScript. */
const HTML_ESCAPED_PATTERN = /[<>&\u2028\u2029]/g;

/** JSON as Go's encoding/json writes it: with an indent of tabs as MarshalIndent, else as Marshal. */
export function goJson(value: object, indent: "\t" | "" = ""): string {
  return JSON.stringify(value, undefined, indent).replace(
    HTML_ESCAPED_PATTERN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
