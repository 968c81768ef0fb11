import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { Interruption } from "./interruption.ts";

describe("Interruption", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("aborts at %s and gives exit code %d", (signal, code) => {
    const emitter = new EventEmitter();
    using interruption = new Interruption(emitter);
    expect(interruption.signal.aborted).toBe(false);
    expect(interruption.exitCode).toBeUndefined();
    emitter.emit(signal, signal);
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.exitCode).toBe(code);
  });

  it("remembers the first signal, and leaves a second of its kind to the system", () => {
    const emitter = new EventEmitter();
    using interruption = new Interruption(emitter);
    emitter.emit("SIGINT", "SIGINT");
    emitter.emit("SIGTERM", "SIGTERM");
    expect(interruption.exitCode).toBe(130);
    expect(emitter.listenerCount("SIGINT")).toBe(0);
  });

  it("leaves no listener behind", () => {
    const emitter = new EventEmitter();
    const interruption = new Interruption(emitter);
    interruption[Symbol.dispose]();
    expect(emitter.eventNames()).toEqual([]);
  });
});
