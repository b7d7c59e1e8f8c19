import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { eventNames } from "../src/events/hierarchy.ts";
import { parts, written } from "./support/generated.ts";
import { settingsInterfaces } from "./support/settings-interfaces.ts";

const root = path.resolve(import.meta.dirname, "../..");

describe("the generated parts of the documentation", () => {
  for (const part of parts) {
    it(`${part.file} has ${part.name} as the sources have it`, () => {
      assert.equal(written(part), part.text, "npm run docs:settings writes it anew");
    });
  }
});

describe("the interfaces of the settings", () => {
  const files = settingsInterfaces();

  for (const { file, text } of files) {
    it(`${file} is as the schemas have it`, () => {
      const actual = readFileSync(path.join(root, file), "utf8");
      assert.equal(actual, text, "npm run docs:settings writes it anew");
    });
  }

  it("have the words that the settings page has, wrapped", () => {
    const [program] = files;
    assert.match(
      program?.text ?? "",
      /\n {3}\* Default: `1` · Unit: seconds · supervisord: `startsecs` of `\[program:x\]`\n {3}\*\/\n {2}startsecs\?: number \| undefined;\n/,
    );
    for (const { file, text } of files) {
      const long = text.split("\n").filter((line) => line.length > 100);
      assert.deepEqual(long, [], file);
    }
  });
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
