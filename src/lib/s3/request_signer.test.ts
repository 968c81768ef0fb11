import { describe, expect, it } from "vitest";
import { signRequest } from "./request_signer.ts";

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Amazon S3 API Reference, "Signature Calculations for the Authorization Header", the examples.
const context = {
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  region: "us-east-1",
  date: new Date("2013-05-24T00:00:00Z"),
};
const origin = new URL("https://examplebucket.s3.amazonaws.com");

describe("signRequest", () => {
  it("signs as Amazon's example of GET Object", async () => {
    const headers = { range: "bytes=0-9" };
    const request = { method: "GET", origin, path: "/test.txt", query: {}, headers };
    const signed = await signRequest({ ...request, payloadHash: emptyHash }, context);
    expect(signed["authorization"]).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
  });

  it("signs as Amazon's example of GET Bucket Lifecycle, whose query has no value", async () => {
    const request = { method: "GET", origin, path: "/", query: { lifecycle: "" }, headers: {} };
    const signed = await signRequest({ ...request, payloadHash: emptyHash }, context);
    expect(signed["authorization"]).toContain(
      "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    );
  });

  it("sends and signs a session token", async () => {
    const request = { method: "GET", origin, path: "/", query: {}, headers: {} };
    const credentials = { ...context.credentials, sessionToken: "token/+=" };
    const signed = await signRequest(
      { ...request, payloadHash: emptyHash },
      { ...context, credentials },
    );
    expect(signed["x-amz-security-token"]).toBe("token/+=");
    expect(signed["authorization"]).toContain("x-amz-security-token");
  });
});
