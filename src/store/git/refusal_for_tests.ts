import { isGomodfsError } from "../../lib/gomodfs_error.ts";

/** Whether `check` holds of hostile bytes, or they are refused with STORE; any other failure is thrown on. */
export function holdsOrIsRefused(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (isGomodfsError(error, "STORE")) return true;
    throw error;
  }
}
