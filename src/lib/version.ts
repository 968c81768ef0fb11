/** The version of gomodfs, equal to package.json's (a test compares them): reading that file would slow every start. */
export const VERSION = "0.1.0";
