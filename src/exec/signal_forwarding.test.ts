import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { FORWARDED_SIGNALS, SignalForwarding } from "./signal_forwarding.ts";

/** Sends every signal once to a forwarding and returns what it delivered. */
function deliveries(terminalReaches: boolean): string[] {
  const source = new EventEmitter();
  const delivered: string[] = [];
  using _forwarding = new SignalForwarding(
    source,
    (signal) => delivered.push(signal),
    () => terminalReaches,
  );
  for (const signal of FORWARDED_SIGNALS) source.emit(signal);
  return delivered;
}

test("delivers every signal once where no terminal does", () => {
  expect(deliveries(false)).toEqual([...FORWARDED_SIGNALS]);
});

test("does not repeat what the terminal delivers itself", () => {
  expect(deliveries(true)).toEqual(["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"]);
});

test("listens no longer than it lives", () => {
  const source = new EventEmitter();
  const delivered: string[] = [];
  new SignalForwarding(
    source,
    (signal) => delivered.push(signal),
    () => false,
  )[Symbol.dispose]();
  source.emit("SIGTERM");
  expect(delivered).toEqual([]);
  expect(source.eventNames()).toEqual([]);
});
