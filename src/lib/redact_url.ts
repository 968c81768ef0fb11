/**
 * The URL as messages and logs may show it: the password reads `xxxxx`, as Go's `url.URL.Redacted` writes it, and so
 * does a user name that stands alone, since tokens are often given as one. Query and fragment are left out: signed
 * download URLs carry their signature there.
 */
export function redactUrl(url: URL): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "xxxxx";
  else if (shown.username !== "") shown.username = "xxxxx";
  shown.search = "";
  shown.hash = "";
  return shown.href;
}

/** A text in which something that looks like the user information of a URL may stand, without it. */
export function redactUserinfo(text: string): string {
  return text.replace(/\/\/[^/?#\s]*@/g, "//xxxxx@");
}
