import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { hintsFor } from "../../src/spawn/hints.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import type { ProgramSettings } from "../../src/settings/program.ts";
import { scratch } from "../support/processes.ts";

function commandOf(command: ProgramSettings["command"], more: Partial<ProgramSettings> = {}) {
  const [config] = resolveSettings({ programs: { x: { command, ...more } } }).processes;
  assert.ok(config);
  return config.command;
}

const PATH = "/nowhere:/nowhere-else";
const missing = (command: ProgramSettings["command"], more: Partial<ProgramSettings> = {}) =>
  hintsFor(commandOf(command, { environment: { PATH }, ...more }), "NO_FILE");

function makeBin(t: TestContext): string {
  const directory = scratch(t);
  const bin = path.join(directory, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, "tool"), "#!/bin/sh\n", { mode: 0o755 });
  return directory;
}

describe("the hints of a command that cannot be found", () => {
  it("say where it was looked for, by a name that is no path", () => {
    assert.deepEqual(missing("redis-servr --port 0"), [`It was looked for in PATH: ${PATH}`]);
    assert.deepEqual(missing("./redis-servr"), []);
    assert.deepEqual(missing("/usr/bin/redis-servr"), []);
  });

  it("name the file that npm has put into node_modules/.bin, here or above", (t) => {
    const directory = makeBin(t);
    const below = path.join(directory, "src", "deep");
    mkdirSync(below, { recursive: true });
    const hint = `There is ${path.join(directory, "node_modules/.bin/tool")}, which is not in PATH: give its path as the command`;
    for (const place of [directory, below])
      assert.deepEqual(missing("tool --watch", { directory: place }).slice(1), [hint]);
    assert.deepEqual(missing("other", { directory }).length, 1);
  });

  it("tell of words that only a shell understands", () => {
    const shell = (word: string) =>
      `No shell reads the command, so ${JSON.stringify(word)} has no meaning: give ["sh", "-c", "…"]`;
    for (const [command, word] of [
      ["cd /srv", "cd"],
      ["source venv/bin/activate && python app.py", "&&"],
      ["nod app.js | tee log", "|"],
      ["nod app.js > log", ">"],
      ["nod app.js 2>&1", "2>&1"],
      ["nod app.js >>/var/log/x", ">>/var/log/x"],
      ["nod app.js &", "&"],
      ["nod a.js || nod b.js", "||"],
      [["nod", "<", "in"], "<"],
    ] as const) {
      assert.deepEqual(missing(command as ProgramSettings["command"]).slice(1), [shell(word)]);
    }
    for (const command of ["nod --a=b", ["nod", "a && b", "<html>", "x>y", "&c"]] as const)
      assert.equal(missing(command as ProgramSettings["command"]).length, 1);
  });

  it("tell where variables go", () => {
    assert.deepEqual(missing("PORT=80 node app.js").slice(1), [
      'A variable of its own (PORT) goes into the setting "environment"',
    ]);
  });

  it("tell of an archive", () => {
    const hint =
      "/opt/app/resources/app.asar is an archive, in which nothing can be executed: unpack the files (asarUnpack), and name them in app.asar.unpacked";
    assert.deepEqual(missing("/opt/app/resources/app.asar/bin/server"), [hint]);
    const inside = { directory: "/opt/app/resources/app.asar/bin" };
    assert.deepEqual(hintsFor(commandOf("/bin/true", inside), "NOT_EXECUTABLE"), [hint]);
    assert.deepEqual(missing("/opt/app/resources/app.asar.unpacked/bin/server"), []);
  });
});

describe("the hints of a command that has ended too quickly", () => {
  it("tell of operators of a shell, and of nothing else", () => {
    assert.equal(hintsFor(commandOf("node a.js && node b.js")).length, 1);
    assert.deepEqual(hintsFor(commandOf("cd /x")), []);
    assert.deepEqual(hintsFor(commandOf(["sh", "-c", "a && b"])), []);
  });
});

describe("the hints of a failure that may pass", () => {
  it("are none", () => {
    assert.deepEqual(hintsFor(commandOf("a && b"), "FAILED"), []);
  });
});
