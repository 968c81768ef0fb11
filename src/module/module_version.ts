declare const brand: unique symbol;

/** A module path that `checkPath` accepts: `github.com/Azure/azure-sdk-for-go`. */
export type ModulePath = string & { readonly [brand]: "ModulePath" };
/** A canonical version: `v1.2.3`, `v2.0.0+incompatible`, `v0.0.0-20190101000000-0123456789ab`. */
export type Version = string & { readonly [brand]: "Version" };
/** A module path as file names and URLs spell it: `github.com/!azure/azure-sdk-for-go`. */
export type EscapedPath = string & { readonly [brand]: "EscapedPath" };
/** A version as file names and URLs spell it: `v1.0.0-!r!c1`. */
export type EscapedVersion = string & { readonly [brand]: "EscapedVersion" };
/** A `h1:` hash as go.sum spells it: "h1:" and 44 characters of base64. */
export type H1 = string & { readonly [brand]: "H1" };

/** One module at one version. */
export interface ModuleVersion {
  readonly path: ModulePath;
  readonly version: Version;
}

/** `path@version`, for messages and as a key of maps. */
export function formatModuleVersion(id: ModuleVersion): string {
  return `${id.path}@${id.version}`;
}
