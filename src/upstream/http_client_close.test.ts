import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { getText, HttpFixture } from "../../test/support/http_fixture.ts";

describe("HttpClient.close()", () => {
  it("ends what is under way and what waits for its turn, and nothing is tried again", async () => {
    await using fixture = new HttpFixture();
    const asked = Promise.withResolvers<void>();
    let requests = 0;
    const server = await fixture.serve(() => {
      requests++;
      asked.resolve();
    });
    const client = fixture.client({ connectionsPerHost: 1 });
    const gets = ["/a", "/b"].map((name) => getText(client, server.url(name)));
    const ends = Promise.allSettled(gets);
    await asked.promise;
    await client.close();
    expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await sleep(20);
    expect(requests).toBe(1);
  });

  it("ends the wait before another attempt", async () => {
    await using fixture = new HttpFixture();
    const answered = Promise.withResolvers<void>();
    const server = await fixture.serve((_, response) => {
      response.writeHead(503, { "retry-after": "20" }).end(() => answered.resolve());
    });
    const client = fixture.client();
    const end = Promise.allSettled([getText(client, server.url())]);
    await answered.promise;
    // The client must have read the answer: what it waits for then is the next attempt.
    await sleep(50);
    const begin = performance.now();
    await client.close();
    const [{ status }] = await end;
    expect(status).toBe("rejected");
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});
