import assert from "node:assert/strict";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Logs } from "../../src/output/logs.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { scratch } from "../support/processes.ts";
import { user } from "../support/writing.ts";

function rig(t: TestContext) {
  const directory = scratch(t);
  const told: string[] = [];
  const logs = (name: string) =>
    new Logs(new FakeClock(), {
      failed: (file, { code }) => told.push(`${name}: failed ${path.basename(file)} ${code}`),
      recovered: assert.fail,
    });
  return { at: (name: string) => path.join(directory, name), told, logs };
}

describe("Logs.auto", () => {
  it("makes names that nobody can have taken before", (t) => {
    const { at, logs } = rig(t);
    const one = logs("one");
    const names = Array.from({ length: 50 }, () => {
      const file = one.auto(user(), { directory: at("."), stem: "web-stdout---mine" });
      return path.basename(file?.file ?? "");
    });
    assert.equal(new Set(names).size, 50);
    for (const name of names) assert.match(name, /^web-stdout---mine-L[0-9a-z]{13}\.log$/);
    const chances = names.map((name) => name.slice("web-stdout---mine-L".length + 5, -4));
    const characters = new Set(chances.join(""));
    assert.ok(characters.size > 25, `of ${[...characters].join("")} alone`);
  });

  it("tells where none can be made", (t) => {
    const { at, told, logs } = rig(t);
    const file = logs("one").auto(user(), { directory: at("gone"), stem: "web" });
    assert.equal(file, undefined);
    assert.deepEqual(told, ["one: failed web ENOENT"]);
  });
});
