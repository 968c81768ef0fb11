import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { CircuitBreaker, type FailureKind } from "./circuit_breaker.ts";
import { GomodfsError } from "./gomodfs_error.ts";

const START = Date.UTC(2026, 0, 1);
const REFUSED = new GomodfsError("UPSTREAM", "connection refused");

/** A breaker and the time that it sees. */
class Experiment {
  now = START;
  readonly breaker = new CircuitBreaker("https://proxy.corp.test", () => this.now);

  /** A request that fails as often as it is tried. */
  fail(kind: FailureKind, attempts: number, subject = "corp.test/a/b"): void {
    for (let i = 0; i < attempts; i++) this.breaker.admit().failed(kind, subject, REFUSED);
    this.breaker.gaveUp();
  }

  get state(): string {
    return this.breaker.state.state;
  }
}

describe("CircuitBreaker", () => {
  it("opens when a request without a connection gives up, and says since when and until when", () => {
    const { breaker } = openedExperiment();
    expect(breaker.state).toEqual({
      origin: "https://proxy.corp.test",
      state: "open",
      since: "2026-01-01T00:00:00.000Z",
      failures: 4,
    });
    expect(() => breaker.admit()).toThrow(
      "https://proxy.corp.test is not answering since 2026-01-01T00:00:00.000Z (connection refused); asked again in 1 s",
    );
  });

  it("stays closed while attempts are left, however many requests fail at once", () => {
    const { breaker } = new Experiment();
    const passages = Array.from({ length: 32 }, () => breaker.admit());
    for (const passage of passages) passage.failed("connection", "corp.test/a/b", REFUSED);
    expect(breaker.state).toMatchObject({ state: "closed", failures: 32 });
    breaker.admit().answered();
    expect(breaker.state).toMatchObject({ state: "closed", failures: 0, since: undefined });
  });

  it("lets one request through when its time has come, and closes when that is answered", () => {
    const experiment = openedExperiment();
    experiment.now += 1_000;
    expect(experiment.state).toBe("half-open");
    const probe = experiment.breaker.admit();
    expect(() => experiment.breaker.admit()).toThrow("it is being asked again now");
    probe.answered();
    expect(experiment.state).toBe("closed");
    experiment.breaker.admit().answered();
  });

  it("waits twice as long after each further failure, up to half a minute", () => {
    const experiment = openedExperiment();
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      const opened = experiment.now;
      while (experiment.state === "open") experiment.now += 500;
      delays.push((experiment.now - opened) / 1000);
      experiment.fail("connection", 1);
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it("gives the place of a request that taught nothing to the next", () => {
    const experiment = openedExperiment();
    experiment.now += 1_000;
    experiment.breaker.admit().abandoned();
    experiment.breaker.admit().answered();
    expect(experiment.state).toBe("closed");
  });

  it("never opens for what one subject brings about", () => {
    const experiment = new Experiment();
    for (let i = 0; i < 100; i++) experiment.fail("answer", 4, "evil.test/a/b");
    expect(experiment.state).toBe("closed");
  });

  it("opens for failed answers about many subjects, for five seconds at most", () => {
    const experiment = new Experiment();
    for (let i = 0; i < 4; i++) experiment.fail("answer", 4, `corp.test/a/${i}`);
    expect(experiment.state).toBe("closed");
    experiment.fail("answer", 4, "corp.test/a/4");
    for (let i = 0; i < 8; i++) {
      expect(experiment.state).toBe("open");
      experiment.now += 5_000;
      expect(experiment.state).toBe("half-open");
      experiment.fail("answer", 1, "evil.test/a/b");
    }
  });

  it("is not held open by a clock that is set back", () => {
    const experiment = openedExperiment();
    experiment.now -= 3_600_000;
    expect(() => experiment.breaker.admit()).toThrow("asked again in 1 s");
  });

  it("is closed again by any answer, whatever came before", () => {
    const kinds = fc.constantFrom<FailureKind>("connection", "answer");
    const requests = fc.array(fc.tuple(kinds, fc.integer({ min: 1, max: 4 }), fc.string()));
    fc.assert(
      fc.property(requests, (failures) => {
        const experiment = new Experiment();
        const early = experiment.breaker.admit();
        for (const [kind, attempts, subject] of failures) {
          experiment.now += 60_000;
          for (let i = 0; i < attempts && experiment.state !== "open"; i++) {
            experiment.fail(kind, 1, subject);
          }
        }
        early.answered();
        expect(experiment.breaker.state).toMatchObject({ state: "closed", failures: 0 });
      }),
    );
  });

  it("refuses with a GomodfsError whose cause is the last failure", async () => {
    const { breaker } = openedExperiment();
    const refusal = async () => breaker.admit();
    await expect(refusal()).rejects.toEqual(rejection("UPSTREAM", "not answering since"));
    await expect(refusal()).rejects.toHaveProperty("cause", REFUSED);
  });
});

function openedExperiment(): Experiment {
  const experiment = new Experiment();
  experiment.fail("connection", 4);
  return experiment;
}
