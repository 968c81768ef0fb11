import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactUrl, redactUserinfo } from "./redact_url.ts";

describe("redactUrl()", () => {
  it.each([
    ["https://example.com/a", "https://example.com/a"],
    ["https://ann:secret@example.com/a", "https://ann:xxxxx@example.com/a"],
    ["https://token@example.com:8443/a", "https://xxxxx@example.com:8443/a"],
    ["https://:secret@example.com/", "https://:xxxxx@example.com/"],
    ["https://example.com/a?signature=secret#secret", "https://example.com/a"],
  ])("shows %s as %s", (url, shown) => {
    expect(redactUrl(new URL(url))).toBe(shown);
  });

  it("never shows a password or a token", () => {
    const secret = fc.stringMatching(/^[a-zA-Z0-9]{12,20}$/);
    fc.assert(
      fc.property(secret, secret, (user, password) => {
        const withPassword = redactUrl(new URL(`https://ann:${password}@example.com/?q=${user}`));
        expect(withPassword).not.toContain(password);
        expect(redactUrl(new URL(`https://${user}@example.com/`))).not.toContain(user);
        expect(withPassword).not.toContain(user);
      }),
    );
  });
});

describe("redactUserinfo()", () => {
  it("removes user information wherever a URL could stand", () => {
    expect(redactUserinfo("bad ftp://ann:secret@host/x and //t@h")).toBe(
      "bad ftp://xxxxx@host/x and //xxxxx@h",
    );
  });

  it("leaves paths with an @ alone", () => {
    expect(redactUserinfo("https://host/a@v1")).toBe("https://host/a@v1");
  });
});
