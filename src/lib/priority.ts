/** Who waits: a reader that is stopped until it is done (`demand`), or nobody yet (`ahead`: prefetching). */
export type Priority = "demand" | "ahead";
