import type { CacheprogCommand } from "./cacheprog_settings.ts";

/** What `--help` prints for a command. */
export function helpText(command: CacheprogCommand): string {
  return HELP[command];
}

const CACHE_FLAGS = `
  --cache-dir DIR         the local cache (GOCACHE_DIR; $XDG_CACHE_HOME/gomodfs/build)
  --max-size SIZE         what it may take on the disk, 0 for no bound (GOMODFS_CACHE_MAX_SIZE; 10GiB)
  --expiry DURATION       remove what was not used for so long (GOCACHE_EXPIRY; never)`;

const BUCKET_FLAGS = `
  --bucket NAME           an S3 bucket behind the local cache (GOCACHE_S3_BUCKET)
  --region NAME           its region (GOCACHE_S3_REGION; found out)
  --prefix PREFIX         what the keys of its objects begin with (GOCACHE_KEY_PREFIX)
  --s3-endpoint-url URL   a server other than AWS's (GOCACHE_S3_ENDPOINT_URL)
  --s3-path-style         the bucket is in the URL's path (GOCACHE_S3_PATH_STYLE)
  --min-upload-size BYTES do not upload smaller outputs (GOCACHE_MIN_SIZE; 0)
  -c N, -u N              requests and uploads at a time (GOCACHE_CONCURRENCY, GOCACHE_S3_CONCURRENCY)
  --async-upload          a build does not wait for its uploads; a server makes them later
  --close-timeout DURATION how long the end of a build may wait for uploads (30s)`;

const GUEST_FLAGS = `
  --read-only             for builds that are not trusted: what they make is kept for themselves and removed with
                          their end (GOMODFS_CACHE_READ_ONLY)
  --private-size SIZE     what such a build may make (5GiB)`;

const REPORT_FLAGS = `
  --metrics               print a summary in JSON on standard error (GOCACHE_METRICS)
  -v, --debug N           say more on standard error (GOCACHE_VERBOSE, GOCACHE_DEBUG)`;

const NOTATION = `
Flags may have one dash or two. The variable of the environment and the default stand in parentheses.
Sizes: 500MiB, 10GiB. Durations: 90s, 1h30m, 168h.
`;

const HELP: Readonly<Record<CacheprogCommand, string>> = {
  direct: `Usage: gomodfs cacheprog [flags]
       gomodfs cacheprog serve --plugin ADDRESS [flags]
       gomodfs cacheprog connect ADDRESS
       gomodfs cacheprog gc | stats [flags]

The go command's build cache (GOCACHEPROG): on this machine, shared by many builds at once, and in an S3 bucket.
Without a command it serves the go command that started it. "gomodfs cacheprog serve --help" tells of serve, and so on.

The local cache:${CACHE_FLAGS}

The bucket:${BUCKET_FLAGS}

Builds that are not trusted:${GUEST_FLAGS}

Reports:${REPORT_FLAGS}
${NOTATION}
Examples:
  GOCACHEPROG="gomodfs cacheprog" go build ./...
  GOCACHEPROG="gomodfs cacheprog --bucket=build-cache --region=eu-central-1" go test ./...
  GOCACHEPROG="gomodfs cacheprog --read-only" go test ./...        a pull request of a stranger
`,
  serve: `Usage: gomodfs cacheprog serve --plugin ADDRESS [flags]

Gives many builds of this machine one local cache and one pool of connections to the bucket. Builds reach it through
"gomodfs cacheprog connect ADDRESS". SIGINT and SIGTERM end it, after the builds under way.

  --plugin ADDRESS        a port of 127.0.0.1, [::1]:PORT or unix:/PATH (GOCACHE_PLUGIN)
  --socket-mode MODE      who may connect to unix:/PATH (0600)
  --http ADDRESS          serve HTTP too (GOCACHE_HTTP), and there:
  --modproxy              a proxy for modules at /mod (GOCACHE_MODPROXY)
  --sumdb NAMES           and for these checksum databases (GOCACHE_SUMDB)
  --revproxy HOSTS        a caching proxy for these hosts (GOCACHE_REVPROXY)

Who may write; all the others only read (see --read-only):
  --write-only-from uid:N[,uid:N]  users, who come through unix:/PATH
  --token-file FILE       builds that give one of its tokens, one a line (GOMODFS_CACHE_TOKEN_FILE)
${GUEST_FLAGS}

The caches and reports:${CACHE_FLAGS}${BUCKET_FLAGS}${REPORT_FLAGS}
${NOTATION}
Examples:
  gomodfs cacheprog serve --plugin 5930 --bucket build-cache &
  GOCACHEPROG="gomodfs cacheprog connect 5930" go build ./...

  gomodfs cacheprog serve --plugin unix:/run/build-cache --socket-mode 0666 --write-only-from uid:1000
`,
  connect: `Usage: gomodfs cacheprog connect ADDRESS [flags]

Connects the go command that started it with a server: "gomodfs cacheprog serve --plugin ADDRESS". If there is none, the
build uses the local cache alone, and one line says so.

  --token-file FILE       the token by which the server lets this build write (GOMODFS_CACHE_TOKEN_FILE), or the
                          token itself in GOMODFS_CACHE_TOKEN

Where there is no server:${CACHE_FLAGS}
${NOTATION}
Examples:
  GOCACHEPROG="gomodfs cacheprog connect 5930" go build ./...
  GOCACHEPROG="gomodfs cacheprog connect unix:/run/build-cache" go test ./...
`,
  gc: `Usage: gomodfs cacheprog gc [flags]

Removes from the local cache what has expired, what was used least recently while it is too large, and what killed
processes left. What builds under way use stays. It also goes on by itself, at most once an hour, after a build.
${CACHE_FLAGS}
  --dry-run               only say what would go
  --json                  print one JSON object
${NOTATION}
Examples:
  gomodfs cacheprog gc
  gomodfs cacheprog gc --max-size 2GiB --expiry 72h --dry-run
`,
  stats: `Usage: gomodfs cacheprog stats [flags]

Tells what is in the local cache.

  --cache-dir DIR         the local cache (GOCACHE_DIR; $XDG_CACHE_HOME/gomodfs/build)
  --json                  print one JSON object

Examples:
  gomodfs cacheprog stats
  gomodfs cacheprog stats --json | jq .outputs.bytes
`,
};
