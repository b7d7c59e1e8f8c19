/**
 * What the real reader of supervisord makes of some 350 small configurations, and what this one
 * makes of them: the same, but for what is listed here.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { ConfigError, loadConfig, type Config } from "../../src/config/index.ts";
import { readTable } from "../conformance/deviations.ts";
import { deviationOf, deviations } from "./golden-deviations.ts";
import { view } from "./golden-view.ts";

interface Case {
  readonly case: string;
  readonly ini: string;
  readonly result: unknown;
  readonly other_versions?: Readonly<Record<string, unknown>>;
}

const file = path.resolve(import.meta.dirname, "../../../test/config/golden-config.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };
const env = { PATH: "/usr/bin:/bin", HOME: "/root", LAB: "labvalue", LANG: "C.UTF-8" };

/** What the cases about includes find beside the file. */
const beside = {
  "here.inc": "[program:p]\ncommand=%(here)s/run\n",
  "rec.inc": "[program:r]\ncommand=/bin/r\n[include]\nfiles=here.inc\n",
  "broken.inc": "command=/bin/b\n",
};

describe("golden configurations", { skip: process.platform === "win32" }, () => {
  let dir = "";
  before(() => {
    dir = mkdtempSync(path.join(tmpdir(), "golden-"));
    mkdirSync(path.join(dir, "inc"));
    for (const [name, text] of Object.entries(beside))
      writeFileSync(path.join(dir, "inc", name), text);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const named = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll("{dir}", dir).replaceAll("{hostname}", hostname()));

  async function read(ini: string): Promise<Config | string> {
    writeFileSync(path.join(dir, "c.conf"), ini);
    try {
      return await loadConfig("c.conf", { cwd: dir, env });
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      const [first] = error.issues;
      return first?.supervisord === undefined
        ? `refused: ${first?.message}`
        : `Error: ${first.supervisord}`;
    }
  }

  for (const { case: name, ini, result, other_versions: others } of cases) {
    it(name, async () => {
      const wanted = named(others?.["4.4.0.dev0"] ?? result);
      const config = await read(ini);
      const deviation = deviationOf(name);
      const expected = deviation ? named(deviation.seen) : wanted;
      if (deviation) assert.notDeepEqual(expected, wanted);
      assert.deepEqual(view(config, expected), expected);
    });
  }

  it("deviations: each of them names a case, and a row of the table", () => {
    const rows = new Set(readTable().map(({ id }) => id));
    const known = new Set(cases.map((one) => one.case));
    for (const { id, name } of deviations) {
      assert.ok(known.has(name), name);
      assert.ok(rows.has(id), id);
    }
  });
});
