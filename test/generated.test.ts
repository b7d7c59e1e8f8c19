import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { eventNames } from "../src/events/hierarchy.ts";
import { parts, written } from "./support/generated.ts";

const root = path.resolve(import.meta.dirname, "../..");

describe("the generated parts of the documentation", () => {
  for (const part of parts) {
    it(`${part.file} has ${part.name} as the sources have it`, () => {
      assert.equal(written(part), part.text, "npm run docs:settings writes it anew");
    });
  }
});

describe("the lists of the documentation", () => {
  it("docs/events.md names every event", () => {
    const page = readFileSync(path.join(root, "docs/events.md"), "utf8");
    for (const name of eventNames) assert.match(page, new RegExp(`\\b${name}\\b`), name);
  });

  it("docs/errors.md has a row for every code, and no other", () => {
    const source = readFileSync(path.join(root, "src/errors.ts"), "utf8");
    const union = /export type ErrorCode =([^;]*);/.exec(source)?.[1] ?? "";
    const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
    assert.ok(codes.length > 5, "no codes were found in src/errors.ts");
    const page = readFileSync(path.join(root, "docs/errors.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, code]) => code);
    assert.deepEqual(new Set(rows), new Set(codes));
  });
});
