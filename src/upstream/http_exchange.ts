import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { networkError } from "../lib/network_error.ts";
import { AnswerReceiver, type HttpAnswer, type HttpExchange } from "./answer_receiver.ts";
import { ExchangeWatch } from "./exchange_watch.ts";
import type { Connection, ResponseConsumer } from "./http1/connection.ts";
import type { OriginConnections } from "./http1/origin_connections.ts";

/** Each finds a kept connection that the server had closed meanwhile; more than a few in a row is something else. */
const maxStaleConnections = 3;

/** How far an exchange has come: it has a connection, or waits for one. */
export type ExchangeStage = "connecting" | "connected";

/**
 * Sends a request and takes in the whole answer.
 *
 * @param request as {@linkcode Connection.send} takes it
 * @param onStage told each stage when it begins
 * @throws GomodfsError `UPSTREAM`, `TIMEOUT`, `CANCELLED`, `TOO_LARGE`, or what the receiver throws
 */
export async function performExchange<T>(
  connections: OriginConnections,
  request: string,
  exchange: HttpExchange<T>,
  onStage: (stage: ExchangeStage) => void = () => {},
): Promise<HttpAnswer<T>> {
  using watch = new ExchangeWatch(exchange);
  const answer = new AnswerReceiver(exchange, watch);
  try {
    await transfer(connections, request, answer, { watch, onStage });
    return await answer.finish();
  } catch (error) {
    await answer.discard();
    // What the connection says after it was ended on purpose explains nothing.
    if (watch.reason !== undefined) throw watch.reason;
    if (answer.isRefusal) return await answer.finish();
    // Of the connection's own errors this is the only kind that does not name the request.
    const isComplete = isGomodfsError(error) && error.code !== "PROTOCOL";
    throw isComplete ? error : networkError(exchange.name, error);
  }
}

interface Observers {
  readonly watch: ExchangeWatch;
  readonly onStage: (stage: ExchangeStage) => void;
}

async function transfer(
  connections: OriginConnections,
  request: string,
  consumer: ResponseConsumer,
  { watch, onStage }: Observers,
): Promise<void> {
  for (let stale = 0; ; stale += 1) {
    if (watch.reason !== undefined) throw watch.reason;
    onStage("connecting");
    const connection = connections.takeIdle() ?? (await connect(connections, watch));
    watch.connected(connection);
    onStage("connected");
    try {
      await connection.send(request, consumer);
      return;
    } catch (error) {
      if (!connection.isStale || stale === maxStaleConnections) throw error;
    } finally {
      connections.release(connection);
    }
  }
}

async function connect(connections: OriginConnections, watch: ExchangeWatch): Promise<Connection> {
  const attempt = new AbortController();
  watch.connecting({ destroy: (reason) => attempt.abort(reason) });
  return await connections.connect(attempt.signal);
}
