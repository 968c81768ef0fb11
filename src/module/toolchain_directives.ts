import type { Directive } from "./go_mod_directive.ts";

/** A `godebug key=value` line. */
export interface Godebug {
  readonly key: string;
  readonly value: string;
}

const GO_VERSION_PATTERN =
  /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/;
/** What lax parsing makes a version of: `1.21` of `v1.21-future`. */
const LAX_GO_VERSION_PATTERN = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9].*$/;

/** The version of a `go` line. */
export function parseGoLine(directive: Directive, lax = false): string {
  const version = directive.onlyArgument();
  if (GO_VERSION_PATTERN.test(version)) return version;
  const prefix = lax ? LAX_GO_VERSION_PATTERN.exec(version)?.[1] : undefined;
  if (prefix !== undefined) return prefix;
  throw directive.error(`invalid go version '${version.slice(0, 100)}': must match format 1.23.0`);
}

/** The name of a `toolchain` line, such as `go1.23.0` or `default`. */
export function parseToolchainLine(directive: Directive): string {
  const name = directive.onlyArgument();
  if (/^(?:default$|go1(?:$|\.))/.test(name)) return name;
  const message = `invalid toolchain version '${name.slice(0, 100)}'`;
  throw directive.error(`${message}: must match format go1.23.0 or default`);
}

/** The setting of a `godebug` line. */
export function parseGodebugLine(directive: Directive): Godebug {
  const usage = "usage: godebug key=value";
  const setting = directive.onlyArgument(usage);
  const equals = setting.indexOf("=");
  if (equals < 0 || /["`',]/.test(setting)) throw directive.error(usage);
  return { key: setting.slice(0, equals), value: setting.slice(equals + 1) };
}
