import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import {
  ConfigError,
  describeIssue,
  loadConfig,
  loadSupervisorctl,
} from "../../src/config/index.ts";
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

  for (const strict of [false, true]) {
    it(`says once which of them there are not, strict ${strict}`, async (t) => {
      const file = path.join(scratch(t), "c.conf");
      writeFileSync(file, "[supervisord]\nminfds=many\n");
      const overrides = { loglvel: "debug", nodaemon: "maybe" };
      const error: unknown = await loadConfig(file, { overrides, strict }).catch(
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof ConfigError);
      const lines = error.issues.map(describeIssue).filter((line) => !line.includes(file));
      assert.deepEqual(lines, [
        'the command line: [supervisord] loglvel: there is no option "loglvel"; did you mean "loglevel"?',
        'the command line: [supervisord] nodaemon: expected true, yes, on or 1, or false, no, off or 0, got "maybe"',
      ]);
      assert.equal(error.issues.length, 3);
    });
  }
});

const wrong: readonly [options: unknown, message: string][] = [
  [{ strct: true }, 'there is no option "strct"; did you mean "strict"?'],
  [{ quux: true }, 'there is no option "quux"'],
  [null, "expected an object of options, got null"],
  [true, "expected an object of options, got true"],
  [{ strict: "yes" }, 'strict: expected true or false, got "yes"'],
  [{ cwd: 5 }, "cwd: expected the path of a directory, got 5"],
  [{ env: { SECRET: 5 } }, "env: expected an object of strings, got something else"],
  [{ env: "A=b" }, 'env: expected an object of strings, got "A=b"'],
  [{ overrides: { loglevel: 5 } }, "overrides: expected an object of strings, got { loglevel: 5 }"],
];

describe("the options of loadConfig", () => {
  for (const [options, message] of wrong) {
    it(`${JSON.stringify(options)}: are refused`, async () => {
      const loading = loadConfig("/no/such/file", options as never);
      await assert.rejects(loading, { name: "TypeError", message: `loadConfig(): ${message}` });
    });
  }

  it("are not all for a client", async () => {
    await assert.rejects(loadSupervisorctl("/no/such/file", { strict: true } as never), {
      name: "TypeError",
      message: 'loadSupervisorctl(): there is no option "strict"',
    });
  });

  it("may be undefined", async (t) => {
    const file = path.join(scratch(t), "c.conf");
    writeFileSync(file, "[supervisord]\n");
    const nothing = { env: undefined, strict: undefined, cwd: undefined, overrides: undefined };
    assert.equal((await loadConfig(file, nothing as never)).file, file);
  });
});
