import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configurationReference } from "./configuration_reference.ts";

it("docs/configuration.md has every setting with its default", () => {
  const text = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const [, reference] = /^## Every key\n\n(.*?)(?=\n## |$(?![\s\S]))/ms.exec(text) ?? [];
  expect(reference).toBe(configurationReference());
});
