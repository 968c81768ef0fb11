import type { FileTable } from "./file_table.ts";

/** A name in a directory of a module: the index of a file in the table, or of a directory in the listing. */
export type ListingEntry =
  | { readonly kind: "file"; readonly name: string; readonly index: number }
  | { readonly kind: "directory"; readonly name: string; readonly index: number };

interface Directory {
  readonly path: string;
  /** The files below it are those from `first` up to, not including, `end`: names that share a prefix are neighbours. */
  readonly first: number;
  end: number;
}

/**
 * The directories of a module, numbered in the order of a walk: 0 is the module's root. A zip has no directories of its
 * own; they follow from the names of its files, so the same files always give the same numbers.
 */
export class ModuleListing {
  readonly files: FileTable;
  readonly #directories: Directory[] = [];
  readonly #byPath = new Map<string, number>();

  constructor(files: FileTable) {
    this.files = files;
    this.#collect();
  }

  get directoryCount(): number {
    return this.#directories.length;
  }

  /** What `name` is in the directory numbered `directory`, or undefined. */
  find(directory: number, name: string): ListingEntry | undefined {
    const path = this.#childPath(directory, name);
    const subdirectory = this.#byPath.get(path);
    if (subdirectory !== undefined && path !== "")
      return { kind: "directory", name, index: subdirectory };
    const file = this.files.find(path);
    return file < 0 ? undefined : { kind: "file", name, index: file };
  }

  /** The number of the directory that `directory` is in; the root is in itself. */
  parent(directory: number): number {
    const { path } = this.#directory(directory);
    return this.#byPath.get(path.slice(0, Math.max(0, path.lastIndexOf("/")))) ?? 0;
  }

  /** The names in the directory numbered `directory`. */
  *entries(directory: number): Generator<ListingEntry> {
    const { path, first, end } = this.#directory(directory);
    const start = path === "" ? 0 : path.length + 1;
    for (let index = first; index < end; ) {
      const rest = this.files.name(index).slice(start);
      const slash = rest.indexOf("/");
      if (slash < 0) {
        yield { kind: "file", name: rest, index };
        index++;
        continue;
      }
      const name = rest.slice(0, slash);
      const subdirectory = this.#byPath.get(path === "" ? name : `${path}/${name}`);
      if (subdirectory === undefined) return;
      yield { kind: "directory", name, index: subdirectory };
      index = this.#directory(subdirectory).end;
    }
  }

  #collect(): void {
    const open: Directory[] = [];
    this.#open(open, "", 0);
    for (let index = 0; index < this.files.count; index++) {
      const name = this.files.name(index);
      const parent = name.slice(0, Math.max(0, name.lastIndexOf("/")));
      this.#closeAllBut(open, parent, index);
      this.#openUpTo(open, parent, index);
    }
    for (const directory of open) directory.end = this.files.count;
  }

  #closeAllBut(open: Directory[], path: string, index: number): void {
    for (
      let last = open.at(-1);
      last !== undefined && !isWithin(path, last.path);
      last = open.at(-1)
    ) {
      last.end = index;
      open.pop();
    }
  }

  #openUpTo(open: Directory[], path: string, index: number): void {
    for (let last = open.at(-1); last !== undefined && last.path !== path; last = open.at(-1)) {
      const start = last.path === "" ? 0 : last.path.length + 1;
      const slash = path.indexOf("/", start);
      this.#open(open, slash < 0 ? path : path.slice(0, slash), index);
    }
  }

  #open(open: Directory[], path: string, first: number): void {
    const directory = { path, first, end: first };
    this.#byPath.set(path, this.#directories.length);
    this.#directories.push(directory);
    open.push(directory);
  }

  #childPath(directory: number, name: string): string {
    const { path } = this.#directory(directory);
    return path === "" ? name : `${path}/${name}`;
  }

  #directory(index: number): Directory {
    const directory = this.#directories[index];
    if (directory === undefined)
      throw new RangeError(`No directory ${index} among ${this.#directories.length}`);
    return directory;
  }
}

function isWithin(path: string, directory: string): boolean {
  return directory === "" || path === directory || path.startsWith(`${directory}/`);
}
