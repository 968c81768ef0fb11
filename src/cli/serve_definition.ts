import { type Command, Option } from "commander";
import { LOG_FORMATS, LOG_LEVELS } from "../lib/logger.ts";
import { storeOption } from "./options.ts";

/** Flags of `gomodfs serve`; those that are settings of gomodfs.toml go before what it says. */
export interface ServeFlags {
  readonly config?: string;
  readonly [setting: string]: unknown;
}

/** Adds `gomodfs serve` to the program. */
export function addServe(program: Command, exit: (code: number) => void): void {
  program
    .command("serve")
    .description("serve one store to many: a mount, a GOPROXY, NFS, WebDAV, a reverse proxy")
    .addOption(
      new Option("--config <file>", "settings (default: gomodfs.toml where `config --help` says)"),
    )
    .addOption(new Option("--mount <dir>", "mount a virtual GOMODCACHE here; made if missing"))
    .addOption(new Option("--allow-other", "let other users read the mount"))
    .addOption(
      new Option("--http <address...>", "serve HTTP here: HOST:PORT, unix:/PATH, fd:NAME, systemd"),
    )
    .addOption(new Option("--nfs <address...>", "export the GOMODCACHE over NFS version 3"))
    .addOption(
      new Option(
        "--nfs-clients <network...>",
        "who may connect to NFS, which asks for no credentials",
      ),
    )
    .addOption(new Option("--webdav <address...>", "serve the GOMODCACHE over WebDAV"))
    .addOption(new Option("--credentials <file>", "who may ask, as `gomodfs credential` makes it"))
    .addOption(new Option("--tls-certificate <file>", "the certificate of HTTPS, in PEM form"))
    .addOption(new Option("--tls-key <file>", "its private key"))
    .addOption(
      new Option("--allow-anonymous", "let everybody in where other machines reach the server"),
    )
    .addOption(
      new Option("--allow-plain-http", "let passwords pass unencrypted, behind a proxy with TLS"),
    )
    .addOption(
      new Option(
        "--reverse-proxy <host...>",
        "also answer for these hosts, to who uses it as HTTPS_PROXY",
      ),
    )
    .addOption(storeOption())
    .addOption(
      new Option("--proxy <list>", "where modules come from, as GOPROXY (default: what go uses)"),
    )
    .addOption(
      new Option("--log-level <level>", "how much to say on standard error").choices(LOG_LEVELS),
    )
    .addOption(new Option("--log-format <format>", "how to say it").choices(LOG_FORMATS))
    .addHelpText(
      "after",
      `
If neither flags nor gomodfs.toml name a front end, it is a mount in the store's directory and HTTP on
127.0.0.1:3052. It says what to export when it is ready. SIGHUP makes it read
its settings, credentials and certificate again; SIGINT and SIGTERM let answers finish, then end it.

Examples:
  gomodfs serve
  gomodfs serve --mount /mnt/gomod
  gomodfs serve --http 127.0.0.1:8080
  gomodfs serve --http :443 --tls-certificate cert.pem --tls-key key.pem --credentials clients
  gomodfs serve --nfs 10.0.2.2:2049 --nfs-clients 10.0.2.0/24
  gomodfs serve --reverse-proxy git.example.com --http 127.0.0.1:3052
  gomodfs serve --config /etc/gomodfs/gomodfs.toml`,
    )
    .action(async (flags: ServeFlags) => {
      const { runServe } = await import("./serve_command.ts");
      exit(await runServe(flags));
    });
}
