import { GomodfsError } from "../lib/gomodfs_error.ts";

/**
 * Reads the fields of a JSON object that somebody else wrote, checking each.
 *
 * Every method throws GomodfsError `PROTOCOL` for a field that is missing or of another kind.
 */
export class JsonFields {
  readonly #what: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  /**
   * @param value what JSON.parse gave
   * @param what what the object is, for messages: "a control request"
   */
  constructor(value: unknown, what: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new GomodfsError("PROTOCOL", `${what} is not a JSON object`);
    }
    this.#what = what;
    this.#fields = new Map(Object.entries(value));
  }

  /** Parses a text and reads the object that it is. */
  static parse(text: string, what: string): JsonFields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new GomodfsError("PROTOCOL", `${what} is not JSON`, { cause });
    }
    return new JsonFields(value, what);
  }

  string(name: string): string {
    const value = this.#fields.get(name);
    return typeof value === "string" ? value : this.#refuse(name, "a string");
  }

  optionalString(name: string): string | undefined {
    return this.#fields.has(name) ? this.string(name) : undefined;
  }

  /** An integer from 0 to 2^53-1. */
  count(name: string): number {
    const value = this.#fields.get(name);
    const valid = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
    return valid ? value : this.#refuse(name, "a whole number");
  }

  boolean(name: string): boolean {
    const value = this.#fields.get(name);
    return typeof value === "boolean" ? value : this.#refuse(name, "true or false");
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#fields.get(name), `${name} of ${this.#what}`);
  }

  optionalObject(name: string): JsonFields | undefined {
    return this.#fields.has(name) ? this.object(name) : undefined;
  }

  /** An array of objects. */
  objects(name: string): JsonFields[] {
    const value = this.#fields.get(name);
    if (!Array.isArray(value)) return this.#refuse(name, "an array");
    return value.map((element) => new JsonFields(element, `an element of ${name}`));
  }

  /** An array of strings. */
  strings(name: string): string[] {
    const value = this.#fields.get(name);
    const isText = (element: unknown): element is string => typeof element === "string";
    return Array.isArray(value) && value.every(isText)
      ? value
      : this.#refuse(name, "an array of strings");
  }

  #refuse(name: string, kind: string): never {
    throw new GomodfsError("PROTOCOL", `${this.#what} has no field ${name} that is ${kind}`);
  }
}
