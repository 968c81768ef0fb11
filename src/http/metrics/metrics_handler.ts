import { Registry } from "prom-client";
import { VERSION } from "../../lib/version.ts";
import type { ExchangeObserver } from "../exchange_outcome.ts";
import type { HttpExchange, HttpHandler } from "../http_exchange.ts";
import { answerText } from "../text_answer.ts";
import { ProcessMetrics } from "./process_metrics.ts";
import { RequestMetrics } from "./request_metrics.ts";
import type { ServiceFacts } from "./service_facts.ts";
import { registerServiceMetrics } from "./service_metrics.ts";

/**
 * `/metrics`, as Prometheus reads it (text format 0.0.4). Labels have values of our own only: no paths, no modules, no
 * names that clients give.
 */
export class MetricsHandler implements HttpHandler, Disposable {
  readonly name = "metrics";
  /** Has requests counted: for the HTTP server. */
  readonly observe: ExchangeObserver;
  readonly #registry = new Registry();
  readonly #process: ProcessMetrics;
  #scrape: Promise<string> | undefined;

  constructor(facts: ServiceFacts) {
    this.observe = new RequestMetrics(this.#registry).observe;
    registerServiceMetrics(this.#registry, facts);
    this.#process = new ProcessMetrics(this.#registry, VERSION);
  }

  handle(exchange: HttpExchange): boolean | Promise<boolean> {
    return exchange.path === "/metrics" && this.#answer(exchange);
  }

  /** All metrics. Readers that come together get the same text. */
  async text(): Promise<string> {
    this.#scrape ??= this.#registry.metrics().finally(() => {
      this.#scrape = undefined;
    });
    return await this.#scrape;
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
    this.#registry.clear();
  }

  async #answer(exchange: HttpExchange): Promise<true> {
    answerText(exchange, 200, await this.text(), this.#registry.contentType);
    return true;
  }
}
