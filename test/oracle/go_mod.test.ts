import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { declaredModulePath, parseGoMod, parseGoModLax } from "../../src/module/go_mod.ts";
import { parseGoWork } from "../../src/module/go_work.ts";
import { outcome, verdict } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

const FILES = [
  `// Deprecated: old
module example.com/m // c

go 1.23

require (
	// why
	example.com/a v1.2.3 // indirect

	example.com/b/v2 v2.0.0-20240102030405-0123456789ab
)
`,
  `module m

// all of
// these
retract (
	v1.0.0 // one

	[v1.1.0, v1.2.0]
)
replace x.y/a v1.0.0 => ../b
`,
  `module (
	// Deprecated: in a block
	example.com/m
)
tool (
	x.y/t
	"x.y/u" // u
)
godebug (
	a=1
)
ignore a
exclude x.y/a v1
`,
  `go 1.24
toolchain default
use (
	./a // x
	"../b c"
)
replace x.y/a => x.y/b v1.0.0
godebug default=go1.21
`,
];
const LINES = `module example.com/m
module "example.com/q"
// Deprecated: use example.com/n
// a comment

go 1.23.0
go v1.21-future
toolchain go1.24.1
godebug panicnil=1
require example.com/a v1.2 // indirect
require gopkg.in/yaml.v2 v2.4.0 // indirect; why
require (
	example.com/c v3.0.0+incompatible
	example.com/d/v3 v2.0.0
)
require ()
exclude example.com/a v1.2.4
replace example.com/a => ../a
replace example.com/a v1.2.3 => example.com/fork v1.0.0
replace (
retract v1.0.0 // bad
retract [v1.0.0, v1.1.0]
retract (
	[v0.1.0,v0.2.0] // rationale
tool example.com/a/cmd/t
ignore ./node_modules
use ./a
use (
	./b
unknown x y
unknown (`.split("\n");
const PIECES = [
  ...`( ) [ ] , { " \` ' // /* \\ \\x41 \\u00e9 \\' => = @ () \t \r \u00a0 \u0001 \ufeff é ☺`.split(
    " ",
  ),
  ...`module require go v1.0.0 v2 example.com/x ./d`.split(" ").map((word) => `${word} `),
  ..." |\n|\n\n|//\n|\r\n| // indirect|// |// Deprecated: no\n".split("|"),
];
/** Whole files of lines that may follow each other, so that many are right. */
const assembled = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...LINES) },
      { weight: 1, arbitrary: mutated(LINES, PIECES) },
    ),
    { maxLength: 6 },
  )
  .map((lines) => lines.join("\n"));
const file = fc.oneof(assembled, mutated(FILES, PIECES));

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

const PARSERS = { parseGoMod, parseGoModLax, parseGoWork };

it.each(Object.entries(PARSERS))("%s reads files as x/mod/modfile does", async (op, parse) => {
  let accepted = 0;
  const property = fc.asyncProperty(file, async (text) => {
    const ours = outcome(() => parse(text));
    if ("value" in ours) accepted++;
    expect(verdict(ours)).toStrictEqual(verdict(await oracle.ask(op, text)));
  });
  const examples = FILES.map((text): [string] => [text]);
  await fc.assert(property, { numRuns: 6000, examples });
  expect(accepted).toBeGreaterThan(500); // not nearly everything was wrong
});

it("finds the module path as x/mod/modfile does", async () => {
  const lines = `module "a\\x41"|module \`a\`|  module x.y/z // c|module|modulex|module\tm|x\nmodule m`;
  const text = fc.oneof(file, mutated(lines.split("|"), PIECES));
  const property = fc.asyncProperty(text, async (input) => {
    expect(await oracle.value("modulePath", input)).toBe(declaredModulePath(input));
  });
  await fc.assert(property, { numRuns: 5000 });
});
