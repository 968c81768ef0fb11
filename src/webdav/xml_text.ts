const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const SPECIAL = /[&<>"']/g;
/** What no XML document may have, not even escaped (XML 1.0 section 2.2); a carriage return would be read as a line feed. */
const NOT_XML = /[^\t\n\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Text for the content of an element, or an attribute in quotes, of XML and of HTML. What neither can hold becomes U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(NOT_XML, "\ufffd").replace(SPECIAL, (special) => ESCAPES[special] ?? "");
}
