import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { ConfigError, loadConfig } from "../../src/config/index.ts";
import { scratch } from "../support/processes.ts";

describe("loadConfig with overrides", () => {
  it("still refuses what they replace, once, beside what else is wrong", async (t) => {
    const file = path.join(scratch(t), "c.conf");
    writeFileSync(file, "[supervisord]\nnodaemon=maybe\nminfds=many\n");
    const error: unknown = await loadConfig(file, { overrides: { nodaemon: "true" } }).catch(
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      new Set(error.issues.map(({ option }) => option)),
      new Set(["minfds", "nodaemon"]),
    );
    assert.equal(error.issues.length, 2);
  });

  it("takes them where what they replace is right", async (t) => {
    const file = path.join(scratch(t), "c.conf");
    writeFileSync(file, "[supervisord]\nnodaemon=false\n");
    const config = await loadConfig(file, { overrides: { nodaemon: "true" } });
    assert.equal(config.supervisord.nodaemon, true);
  });
});
