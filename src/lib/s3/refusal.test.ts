import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExpired, isTransientRefusal, parseRefusal, refusalError } from "./refusal.ts";

const now = Date.parse("2026-01-02T03:04:05Z");

function refusal(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
  const document = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>it &lt;says&gt;.</Message></Error>`;
  return parseRefusal(status, headers, Buffer.from(document));
}

describe("refusalError", () => {
  it("names the request, the status, S3's code and what the server says", () => {
    const error = refusalError(refusal(403, "AccessDenied"), "GET k in s3://b", now);
    expect(error.message).toBe("GET k in s3://b: 403 AccessDenied it <says>");
    expect(error.code).toBe("FORBIDDEN");
    expect(error.hint).toContain("s3:ListBucket");
  });

  it.each([
    [401, "Unauthorized", "FORBIDDEN"],
    [403, "SignatureDoesNotMatch", "FORBIDDEN"],
    [400, "ExpiredToken", "FORBIDDEN"],
    [400, "InvalidToken", "FORBIDDEN"],
    [404, "NoSuchBucket", "UPSTREAM"],
    [400, "EntityTooLarge", "UPSTREAM"],
    [503, "SlowDown", "UPSTREAM"],
  ])("is for %i %s %s", (status, code, errorCode) => {
    expect(refusalError(refusal(status, code), "PUT k", now).code).toBe(errorCode);
  });

  it("says how far the clock is off", () => {
    const skewed = refusal(403, "RequestTimeTooSkewed", { date: "Fri, 02 Jan 2026 04:04:05 GMT" });
    expect(refusalError(skewed, "GET k", now).hint).toContain("3600 s behind the server's");
  });
});

describe("parseRefusal", () => {
  it("takes the region from the header or the document, if it is one", () => {
    const document = Buffer.from("<Error><Region>eu-west-3</Region></Error>");
    expect(parseRefusal(400, {}, document).region).toBe("eu-west-3");
    const headers = { "x-amz-bucket-region": "us-west-2" };
    expect(parseRefusal(301, headers, document).region).toBe("us-west-2");
    const hostile = { "x-amz-bucket-region": "evil.test/" };
    expect(parseRefusal(301, hostile, Buffer.of()).region).toBeUndefined();
  });

  it("shows nothing that a terminal would act on", () => {
    const document = Buffer.from("<Code>\u001b[31m</Code><Message>a\u001b[2Jb</Message>");
    const parsed = parseRefusal(500, {}, document);
    expect(parsed.code).toBeUndefined();
    expect(parsed.message).toBe("a [2Jb");
  });

  it("takes any document", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const error = refusalError(parseRefusal(500, {}, bytes), "GET k", now);
        expect(error.message).toMatch(/^GET k: 500/);
      }),
    );
  });
});

describe("isTransientRefusal", () => {
  it.each([
    [503, "SlowDown", true],
    [500, "InternalError", true],
    [429, "TooManyRequests", true],
    [400, "RequestTimeout", true],
    [200, "InternalError", true],
    [400, "InvalidRequest", false],
    [403, "AccessDenied", false],
    [404, "NoSuchKey", false],
  ])("says of %i %s %s", (status, code, isTransient) => {
    expect(isTransientRefusal(refusal(status, code))).toBe(isTransient);
  });
});

describe("isExpired", () => {
  it("knows tokens that are too old", () => {
    expect(isExpired(refusal(400, "ExpiredToken"))).toBe(true);
    expect(isExpired(refusal(403, "AccessDenied"))).toBe(false);
  });
});
