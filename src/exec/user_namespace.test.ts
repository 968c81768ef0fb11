import { expect, test } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import {
  OUTER_IDENTITY_VARIABLE,
  reexecInUserNamespace,
  takeOuterIdentity,
} from "./user_namespace.ts";

test("reexecInUserNamespace() becomes unshare, which becomes the program with a mark", () => {
  const calls: unknown[] = [];
  const environment = { PATH: process.env["PATH"], A: "b" };
  const argv = ["/usr/bin/node", "gomodfs", "exec", "--", "go", "build"];
  const namespaces = "unshare --user --map-root-user --mount --propagation private --".split(" ");
  reexecInUserNamespace(argv, environment, { uid: 1000, gid: 100 }, (file, args, passed) => {
    calls.push({ file, args, taken: takeOuterIdentity(passed) });
  });
  expect(calls).toEqual([
    {
      file: expect.stringMatching(/\/unshare$/) as unknown,
      args: [...namespaces, ...argv],
      taken: { identity: { uid: 1000, gid: 100 }, environment },
    },
  ]);
});

test("takeOuterIdentity() leaves an environment without the mark as it is", () => {
  expect(takeOuterIdentity({ A: "b" })).toEqual({ identity: undefined, environment: { A: "b" } });
});

test.each(["", "1000", "-1:0", "1:2:3", "99999999999:1", "a:b"])("refuses the mark %j", (mark) => {
  const take = () => takeOuterIdentity({ [OUTER_IDENTITY_VARIABLE]: mark });
  expect(take).toThrow(expect.toSatisfy((error: unknown) => isGomodfsError(error, "USAGE")));
});
