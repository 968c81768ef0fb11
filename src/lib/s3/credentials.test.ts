import { writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { TemporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import { ChainCredentials, type CredentialChain, findCredentials } from "./credentials.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = new TemporaryDirectory("gomodfs-test-");
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  }
  vi.stubEnv("HOME", directory.path);
  vi.stubEnv("AWS_CONFIG_FILE", directory.join("config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", directory.join("credentials"));
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
});

afterEach(() => {
  vi.unstubAllEnvs();
  directory[Symbol.dispose]();
});

function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

describe("findCredentials", () => {
  it("takes keys of the environment", async () => {
    const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
    expect(await findCredentials(env).get()).toEqual({
      accessKeyId: "id",
      secretAccessKey: "secret",
    });
    const withToken = findCredentials({ ...env, AWS_SESSION_TOKEN: "token" });
    expect(await withToken.get()).toHaveProperty("sessionToken", "token");
    expect(await withToken.renew()).toHaveProperty("sessionToken", "token");
  });

  it("reads the default profile", async () => {
    const keys = "aws_access_key_id = id\naws_secret_access_key = secret\n";
    await writeFile(directory.join("credentials"), `[default]\n${keys}`);
    const found = await findCredentials(process.env).get();
    expect(found).toMatchObject({ accessKeyId: "id", secretAccessKey: "secret" });
  });

  it("prefers a profile that is named to keys of the environment", async () => {
    await writeFile(
      directory.join("credentials"),
      "[ci]\naws_access_key_id = of-ci\naws_secret_access_key = secret\n",
    );
    vi.stubEnv("AWS_PROFILE", "ci");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    expect(await findCredentials(process.env).get()).toHaveProperty("accessKeyId", "of-ci");
    warn.mockRestore();
  });

  it("runs a profile's program", async () => {
    const answer = { Version: 1, AccessKeyId: "id", SecretAccessKey: "secret" };
    await writeFile(directory.join("answer"), JSON.stringify(answer));
    const program = `cat ${directory.join("answer")}`;
    await writeFile(directory.join("config"), `[default]\ncredential_process = ${program}\n`);
    expect(await findCredentials(process.env).get()).toHaveProperty("accessKeyId", "id");
  });

  it("does not show the command line of a profile's program that fails", async () => {
    const program = "sh -c 'exit 1' --token topsecret";
    await writeFile(directory.join("config"), `[default]\ncredential_process = ${program}\n`);
    const failure: unknown = await findCredentials(process.env)
      .get()
      .catch((error: unknown) => error);
    expect(failure).toEqual(rejection("FORBIDDEN", "no S3 credentials"));
    expect(failure).not.toHaveProperty("cause");
    expect(failure).toHaveProperty("message", expect.not.stringContaining("topsecret"));
    expect(failure).toHaveProperty("hint", expect.not.stringContaining("topsecret"));
  });

  it("exchanges a web identity token for credentials", async () => {
    const asked: string[] = [];
    await using tokens = await TestServer.start((request, response) => {
      void answerTokenService(request, response).then((body) => asked.push(body));
    });
    await writeFile(directory.join("token"), "the-web-token");
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", directory.join("token"));
    vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci");
    vi.stubEnv("AWS_REGION", "eu-west-1");
    vi.stubEnv("AWS_ENDPOINT_URL_STS", tokens.url().origin);
    expect(await findCredentials(process.env).get()).toMatchObject({
      accessKeyId: "web-id",
      secretAccessKey: "web-secret",
      sessionToken: "web-token",
    });
    expect(asked).toEqual([expect.stringContaining("WebIdentityToken=the-web-token")]);
  });

  it("asks the machine's metadata, and again before what it gave expires", async () => {
    let given = 0;
    await using metadata = await TestServer.start((request, response) => {
      answerMetadata(request, response, () => {
        given += 1;
        return { id: `id-${given}`, expiration: inMinutes(given === 1 ? 4 : 60) };
      });
    });
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url().origin);
    const credentials = findCredentials(process.env);
    expect(await credentials.get()).toMatchObject({ accessKeyId: "id-1", sessionToken: "token" });
    await expect.poll(async () => (await credentials.get()).accessKeyId).toBe("id-2");
    await credentials.get();
    expect(given).toBe(2);
    expect(await credentials.renew()).toHaveProperty("accessKeyId", "id-3");
  });

  it("asks a container's credential server", async () => {
    await using container = await TestServer.start((request, response) => {
      const isAllowed = request.headers.authorization === "the-pass";
      response.writeHead(isAllowed ? 200 : 403, { "content-type": "application/json" });
      response.end(JSON.stringify(metadataAnswer("pod-id", inMinutes(60))));
    });
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/credentials").href);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the-pass");
    expect(await findCredentials(process.env).get()).toHaveProperty("accessKeyId", "pod-id");
  });

  it("says where it looked when there are none", async () => {
    const failure: unknown = await findCredentials(process.env)
      .get()
      .catch((error: unknown) => error);
    expect(failure).toEqual(rejection("FORBIDDEN", "no S3 credentials were found"));
    expect(failure).toHaveProperty("hint", expect.stringMatching(/AWS_ACCESS_KEY_ID.*metadata/));
  });
});

describe("ChainCredentials", () => {
  it("does not ask again at once after a failure", async () => {
    let asked = 0;
    const chain: CredentialChain = () => {
      asked += 1;
      return Promise.reject(new Error("nothing here."));
    };
    const credentials = new ChainCredentials(() => Promise.resolve(chain));
    await expect(credentials.get()).rejects.toEqual(rejection("FORBIDDEN", "nothing here"));
    await expect(credentials.get()).rejects.toEqual(rejection("FORBIDDEN", "nothing here"));
    expect(asked).toBe(1);
  });

  it("does not wait for ever", async () => {
    const never = new Promise<never>(() => undefined);
    const credentials = new ChainCredentials(() => Promise.resolve(() => never), 20);
    await expect(credentials.get()).rejects.toEqual(rejection("TIMEOUT", "after 20 ms"));
  });
});

async function answerTokenService(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string> {
  const body = await text(request);
  // AWS Security Token Service API Reference, AssumeRoleWithWebIdentity.
  response.writeHead(200, { "content-type": "text/xml" }).end(
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials>
        <AccessKeyId>web-id</AccessKeyId><SecretAccessKey>web-secret</SecretAccessKey>
        <SessionToken>web-token</SessionToken><Expiration>${inMinutes(60)}</Expiration>
      </Credentials></AssumeRoleWithWebIdentityResult>
    </AssumeRoleWithWebIdentityResponse>`,
  );
  return body;
}

function answerMetadata(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  next: () => { readonly id: string; readonly expiration: string },
): void {
  // Amazon EC2 User Guide, "Instance Metadata Service Version 2".
  const roles = "/latest/meta-data/iam/security-credentials/";
  if (method === "PUT" && url === "/latest/api/token") response.end("session");
  else if (headers["x-aws-ec2-metadata-token"] !== "session") response.writeHead(401).end();
  else if (url === roles) response.end("ci-role");
  else if (url === `${roles}ci-role`) {
    const { id, expiration } = next();
    response.end(JSON.stringify({ Code: "Success", ...metadataAnswer(id, expiration) }));
  } else response.writeHead(404).end();
}

function metadataAnswer(id: string, expiration: string): Readonly<Record<string, string>> {
  return { AccessKeyId: id, SecretAccessKey: "secret", Token: "token", Expiration: expiration };
}
