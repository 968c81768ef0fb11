import { describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { ConnectionSlots } from "./connection_slots.ts";

describe("ConnectionSlots", () => {
  it("gives no more places than there are, in the order in which they were asked for", async () => {
    const slots = new ConnectionSlots(1, 10);
    await slots.acquire("first", undefined);
    const given: string[] = [];
    const waits = ["second", "third"].map(async (name) => {
      await slots.acquire(name, undefined);
      given.push(name);
    });
    await Promise.resolve();
    expect(given).toEqual([]);
    slots.release();
    await waits[0];
    expect(given).toEqual(["second"]);
    slots.release();
    await waits[1];
    expect(given).toEqual(["second", "third"]);
  });

  it("passes over who does not wait any longer", async () => {
    const slots = new ConnectionSlots(1, 10);
    await slots.acquire("first", undefined);
    const impatient = new AbortController();
    const abandoned = slots.acquire("second", impatient.signal);
    const patient = slots.acquire("third", undefined);
    impatient.abort();
    await expect(abandoned).rejects.toEqual(rejection("CANCELLED", "second"));
    slots.release();
    await patient;
  });

  it("lets no more wait than may", async () => {
    const slots = new ConnectionSlots(1, 1);
    await slots.acquire("first", undefined);
    const second = slots.acquire("second", undefined);
    await expect(slots.acquire("third", undefined)).rejects.toEqual(rejection("BUSY", "third"));
    slots.release();
    await second;
  });

  it("gives nothing to who has gone already", async () => {
    const slots = new ConnectionSlots(1, 1);
    await expect(slots.acquire("first", AbortSignal.abort())).rejects.toEqual(
      rejection("CANCELLED"),
    );
    await slots.acquire("second", undefined);
  });
});
