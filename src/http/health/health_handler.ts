import { setTimeout as sleep } from "node:timers/promises";
import type { CircuitState } from "../../lib/circuit_breaker.ts";
import type { HttpExchange, HttpHandler } from "../http_exchange.ts";
import { answerText } from "../text_answer.ts";

/** Something without which a service cannot do its work. */
export interface ReadinessCheck {
  /** One word or two: `store`. */
  readonly name: string;
  /** Fulfils if all is well; what it rejects with is for the log, since anybody may ask. */
  readonly check: () => void | Promise<void>;
}

/** What decides whether a service is ready, and what is told besides. */
export interface HealthFacts {
  readonly checks: readonly ReadinessCheck[];
  /** Whether it is about to end: it takes no new work then. */
  readonly isStopping: () => boolean;
  /** Told, but not deciding: what is resident is served without any upstream. */
  readonly circuits?: () => readonly CircuitState[];
  /** Told of a check's failure, once for each change. */
  readonly onFailure?: (name: string, error: unknown) => void;
}

/** How a service is. */
export interface HealthReport {
  readonly status: "ok" | "unavailable";
  /** `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
  /** Upstreams that fail, with the state of their circuits. */
  readonly upstream: Readonly<Record<string, string>>;
}

/** Milliseconds after which a check counts as failed. */
const CHECK_TIME = 5_000;
/** Milliseconds for which a report is told again: however many ask, the disk is asked once. */
const REPORT_AGE = 1_000;
const MAX_UPSTREAMS = 20;

/** `/healthz`: the process lives. `/readyz`: it can do its work; 503 if not. As text, or as JSON for who accepts that. */
export class HealthHandler implements HttpHandler {
  readonly name = "health";
  readonly #facts: HealthFacts;
  readonly #failing = new Set<string>();
  #report: { readonly checks: Promise<Record<string, string>>; readonly at: number } | undefined;

  constructor(facts: HealthFacts) {
    this.#facts = facts;
  }

  handle(exchange: HttpExchange): boolean | Promise<boolean> {
    switch (exchange.path) {
      case "/healthz":
        answerReport(exchange, { status: "ok", checks: {}, upstream: {} });
        return true;
      case "/readyz":
        return this.#answerReadiness(exchange);
      default:
        return false;
    }
  }

  /** Whether the service can do its work. */
  async readiness(): Promise<HealthReport> {
    const checks = {
      ...(await this.#checks()),
      ...(this.#facts.isStopping() ? { process: "stopping" } : {}),
    };
    const isReady = Object.values(checks).every((result) => result === "ok");
    return { status: isReady ? "ok" : "unavailable", checks, upstream: this.#upstream() };
  }

  async #answerReadiness(exchange: HttpExchange): Promise<boolean> {
    answerReport(exchange, await this.readiness());
    return true;
  }

  #checks(): Promise<Record<string, string>> {
    const now = performance.now();
    if (this.#report === undefined || now - this.#report.at >= REPORT_AGE) {
      this.#report = { checks: this.#runChecks(), at: now };
    }
    return this.#report.checks;
  }

  async #runChecks(): Promise<Record<string, string>> {
    const results = await Promise.all(
      this.#facts.checks.map(async (each) => [each.name, await this.#run(each)] as const),
    );
    return Object.fromEntries(results);
  }

  async #run({ name, check }: ReadinessCheck): Promise<string> {
    const end = new AbortController();
    const late = sleep(CHECK_TIME, undefined, { signal: end.signal, ref: false }).then(
      () => Promise.reject(new Error(`the check took longer than ${CHECK_TIME} ms`)),
      () => {},
    );
    try {
      await Promise.race([Promise.resolve().then(check), late]);
      this.#failing.delete(name);
      return "ok";
    } catch (error) {
      if (!this.#failing.has(name)) this.#facts.onFailure?.(name, error);
      this.#failing.add(name);
      return "failed";
    } finally {
      end.abort();
      late.catch(() => {});
    }
  }

  #upstream(): Record<string, string> {
    const circuits = this.#facts.circuits?.() ?? [];
    const failing = circuits.filter(({ state }) => state !== "closed").slice(0, MAX_UPSTREAMS);
    return Object.fromEntries(failing.map(({ origin, state }) => [origin, state]));
  }
}

function answerReport(exchange: HttpExchange, report: HealthReport): void {
  const status = report.status === "ok" ? 200 : 503;
  const { accept = "" } = exchange.request.headers;
  if (/\bapplication\/json\b/i.test(accept)) {
    answerText(exchange, status, `${JSON.stringify(report)}\n`, "application/json");
  } else answerText(exchange, status, reportText(report), "text/plain; charset=UTF-8");
}

function reportText({ status, checks, upstream }: HealthReport): string {
  const lines = [
    status,
    ...Object.entries(checks).map(([name, result]) => `${name}: ${result}`),
    ...Object.entries(upstream).map(([origin, state]) => `upstream ${origin}: circuit ${state}`),
  ];
  return `${lines.join("\n")}\n`;
}
