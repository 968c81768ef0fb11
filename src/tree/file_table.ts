/**
 * The files that a module directory shows, in ascending byte order of their UTF-8 names. For all modules but one that
 * is the manifest itself; golang.org/toolchain is shown as cmd/go changes it after extraction.
 */
export interface FileTable {
  readonly count: number;
  /** Name relative to the module's root. */
  name(index: number): string;
  size(index: number): number;
  executable(index: number): boolean;
  /** The manifest's index of the content. */
  source(index: number): number;
  /** The index of the file of this name, or -1. */
  find(name: string): number;
}
