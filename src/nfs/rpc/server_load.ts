/** What all connections of a server take up together, and how much it has done. */
export class ServerLoad {
  /** Calls that wait for what is being fetched. */
  waiting = 0;
  /** Bytes of replies that clients have not taken in. */
  queuedBytes = 0;
  /** Calls answered. */
  calls = 0;
  /** Connections that were ended because of what came on them. */
  brokenConnections = 0;
}
