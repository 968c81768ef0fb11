/** The environment of a process: names to values. */
export type Environment = Readonly<Record<string, string | undefined>>;
