/** Bytes of a go.mod file: golang.org/x/mod/zip `MaxGoMod`. */
export const maxGoModBytes = 16 << 20;
/** Bytes of a module zip: cmd/go/internal/modfetch/codehost `MaxZipFile`. */
export const maxZipBytes = 500 << 20;
/** Bytes of an .info file: a thousand times what is usual, some hundred. */
export const maxInfoBytes = 1 << 20;
/** Bytes of a list of versions: room for a hundred thousand and more. */
export const maxListBytes = 16 << 20;
