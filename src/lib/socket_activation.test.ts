import { expect, test } from "vitest";
import { inheritedSockets } from "./socket_activation.ts";

test("inheritedSockets() numbers and names what the manager passed, and clears the variables", () => {
  const environment = {
    LISTEN_PID: "42",
    LISTEN_FDS: "2",
    LISTEN_FDNAMES: "http:metrics",
    PATH: "/bin",
  };
  expect(inheritedSockets(environment, 42)).toEqual([
    { descriptor: 3, name: "http" },
    { descriptor: 4, name: "metrics" },
  ]);
  expect(environment).toEqual({ PATH: "/bin" });
});

test("inheritedSockets() leaves sockets alone that were meant for another process", () => {
  expect(inheritedSockets({ LISTEN_PID: "41", LISTEN_FDS: "1" }, 42)).toEqual([]);
  expect(inheritedSockets({}, 42)).toEqual([]);
});

test("inheritedSockets() does without names", () => {
  const environment = { LISTEN_PID: "42", LISTEN_FDS: "1" };
  expect(inheritedSockets(environment, 42)).toEqual([{ descriptor: 3, name: "unknown" }]);
});

test.each([
  [{ LISTEN_PID: "42", LISTEN_FDS: "x" }, "LISTEN_FDS=x is no number of sockets"],
  [{ LISTEN_PID: "42", LISTEN_FDS: "9999" }, "LISTEN_FDS=9999 is no number of sockets"],
  [
    { LISTEN_PID: "42", LISTEN_FDS: "2", LISTEN_FDNAMES: "one" },
    "LISTEN_FDNAMES has 1 names for the 2 sockets of LISTEN_FDS",
  ],
])("inheritedSockets() refuses %j", (environment, message) => {
  expect(() => inheritedSockets(environment, 42)).toThrow(message);
});
