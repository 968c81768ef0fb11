import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

const NANOSECONDS = 1e9;
/** Milliseconds between two looks at how late a timer fires. */
const RESOLUTION = 20;

/**
 * Metrics of this process under the names that Prometheus's client libraries agree on, and how late its event loop is
 * since the last time they were read.
 */
export class ProcessMetrics implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor(registry: Registry, version: string) {
    const registers = [registry];
    this.#delay.enable();
    new Gauge({
      name: "gomodfs_build_info",
      help: "1, with the version of gomodfs and of Node",
      labelNames: ["version", "node"],
      registers,
    }).set({ version, node: process.version }, 1);
    new Gauge({
      name: "process_start_time_seconds",
      help: "When the process began, seconds since 1970",
      registers,
    }).set(Math.round(Date.now() / 1000 - process.uptime()));
    new Gauge({
      name: "process_resident_memory_bytes",
      help: "Resident memory",
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Counter({
      name: "process_cpu_seconds_total",
      help: "User and system CPU time",
      registers,
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1e6);
      },
    });
    this.#registerDelay(registry);
  }

  [Symbol.dispose](): void {
    this.#delay.disable();
  }

  #registerDelay(registry: Registry): void {
    const delay = this.#delay;
    new Gauge({
      name: "nodejs_eventloop_lag_seconds",
      help: "How late timers fired since these metrics were last read",
      labelNames: ["quantile"],
      registers: [registry],
      collect() {
        const seconds = (nanoseconds: number): number =>
          Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS) : 0;
        this.set({ quantile: "0.5" }, seconds(delay.percentile(50)));
        this.set({ quantile: "0.99" }, seconds(delay.percentile(99)));
        this.set({ quantile: "1" }, seconds(delay.count === 0 ? 0 : delay.max));
        delay.reset();
      },
    });
  }
}
