/** `T` while it is being built: properties and the arrays in them can be written. */
export type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K];
};
