import { expect, test } from "vitest";
import { parseConfiguration } from "../config/configuration.ts";
import { frontEnds } from "./front_ends.ts";

const STATE = { state: "/var/lib/gomodfs", hasInheritedSockets: false };
const NO_OTHERS = { webdav: [], nfs: [] };
const LOOPBACK = { kind: "tcp", host: "127.0.0.1", port: 3052 };

test("frontEnds() are a mount and HTTP on this machine where nothing is asked for", () => {
  expect(frontEnds(parseConfiguration("", "gomodfs.toml"), STATE)).toEqual({
    mount: { directory: "/var/lib/gomodfs/gomodcache", allowOther: false, isOptional: true },
    listen: [LOOPBACK],
    ...NO_OTHERS,
  });
});

test("frontEnds() take the sockets of a service manager instead of a port", () => {
  const configuration = parseConfiguration("[mount]\nallow_other = true\n", "gomodfs.toml");
  expect(frontEnds(configuration, { ...STATE, hasInheritedSockets: true })).toEqual({
    mount: { directory: "/var/lib/gomodfs/gomodcache", allowOther: true, isOptional: true },
    listen: [{ kind: "inherited", name: undefined }],
    ...NO_OTHERS,
  });
});

test.each([
  [
    '[mount]\ndirectory = "/mnt/gomod"\n',
    {
      mount: { directory: "/mnt/gomod", allowOther: false, isOptional: false },
      listen: [],
      ...NO_OTHERS,
    },
  ],
  ['[http]\nlisten = "127.0.0.1:3052"\n', { mount: undefined, listen: [LOOPBACK], ...NO_OTHERS }],
  [
    '[nfs]\nlisten = "127.0.0.1:3052"\n',
    { mount: undefined, listen: [], webdav: [], nfs: [LOOPBACK] },
  ],
  [
    '[webdav]\nlisten = "127.0.0.1:3052"\n',
    { mount: undefined, listen: [], webdav: [LOOPBACK], nfs: [] },
  ],
])("frontEnds() are what %j asks for and nothing else", (text, expected) => {
  expect(frontEnds(parseConfiguration(text, "gomodfs.toml"), STATE)).toEqual(expected);
});
