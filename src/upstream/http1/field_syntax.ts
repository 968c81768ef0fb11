const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldContentPattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether it can be the name of a header field (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** Whether it can be in a header field's value (RFC 9110 section 5.5): nothing that ends a line or a string. */
export function isFieldContent(text: string): boolean {
  return fieldContentPattern.test(text);
}
