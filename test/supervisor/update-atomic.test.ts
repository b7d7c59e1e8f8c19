import assert from "node:assert/strict";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import * as fc from "fast-check";
import type { ProgramSettings, SupervisorSettings } from "../../src/index.ts";
import { Stage, turn } from "../support/helpers.ts";
import { scratch } from "../support/processes.ts";

/** Calls to the system that an update may make. */
const CALLS = [
  ...(["statSync", "lstatSync", "openSync", "fstatSync", "readlinkSync"] as const).map(
    (name) => [fs, name] as const,
  ),
  ...(["accessSync", "readdirSync", "existsSync", "closeSync", "unlinkSync"] as const).map(
    (name) => [fs, name] as const,
  ),
  ...(["hostname", "homedir", "tmpdir"] as const).map((name) => [os, name] as const),
  [process, "cwd"] as const,
];

/** A system of which the n-th call from now on fails, and those that follow it. */
class System {
  left = Infinity;
  made = 0;

  constructor(t: TestContext) {
    for (const [owner, name] of CALLS) {
      const object = owner as unknown as Record<string, (...args: unknown[]) => unknown>;
      const real = object[name] as (...args: unknown[]) => unknown;
      object[name] = (...args) => {
        this.made++;
        if (this.left-- > 0 || this.left === Infinity) return real.apply(owner, args);
        throw Object.assign(new Error(`EIO: ${name}`), { code: "EIO", syscall: name });
      };
      t.after(() => {
        object[name] = real;
        syncBuiltinESMExports();
      });
    }
    syncBuiltinESMExports();
  }
}

/** What there is of all processes, and what holds. */
function picture(stage: Stage) {
  return {
    status: stage.supervisor.status(),
    settings: stage.supervisor.settings,
    started: stage.spawner.children.length,
  };
}

function processesOf(stage: Stage) {
  return [...stage.supervisor.programs.values()].flatMap(({ processes }) => processes);
}

const names = ["a", "b", "c", "d"];

describe("update", () => {
  it("does all or nothing, wherever a call to the system fails", async (t) => {
    const directory = scratch(t);
    fs.symlinkSync("loop", path.join(directory, "loop"));
    const system = new System(t);
    const files = ["one", "two", "loop", "n".repeat(300), "gone/log"];
    const logfile = fc.oneof(
      fc.constantFrom("NONE", "AUTO", "/dev/stdout"),
      fc.constantFrom(...files).map((name) => path.join(directory, name)),
    );
    const program = fc.record({
      command: fc.constantFrom("x", "y"),
      stdout_logfile: logfile,
      stdout_logfile_maxbytes: fc.constantFrom(0, 1000),
      user: fc.constantFrom(undefined, "root"),
    }) as fc.Arbitrary<ProgramSettings>;
    const programs = fc.dictionary(fc.constantFrom(...names), program, { maxKeys: 4 });
    let refused = 0;
    let done = 0;
    await fc.assert(
      fc.asyncProperty(programs, programs, fc.nat(60), async (before, after, n) => {
        system.left = Infinity;
        const whole = (all: Record<string, ProgramSettings>): SupervisorSettings => {
          const known = Object.entries(all).filter(
            ([, { stdout_logfile: log }]) => typeof log !== "string" || !log.includes("gone"),
          );
          return { programs: Object.fromEntries(known), childlogdir: directory };
        };
        const stage = new Stage(whole(before));
        stage.supervisor.on("LOGFILE", () => {});
        await stage.up();
        const was = picture(stage);
        const processes = processesOf(stage);
        const outcome = (async () => {
          await stage.supervisor.update({ programs: after, childlogdir: directory });
        })().then(
          () => "done",
          () => "refused",
        );
        system.left = n;
        await turn();
        if ((await outcome) === "refused") {
          refused++;
          assert.deepEqual(picture(stage), was, "nothing has moved");
          for (const [i, process] of processesOf(stage).entries())
            assert.equal(process, processes[i]);
        } else {
          done++;
          const now = stage.supervisor.status().map(({ name }) => name);
          assert.deepEqual(now, Object.keys(after).toSorted());
        }
        assert.deepEqual(await stage.supervisor.shutdown(), []);
        system.left = Infinity;
        const living = stage.spawner.children.filter(({ kills, pid, isCancelled }) => {
          return pid !== undefined && !isCancelled && kills.length === 0;
        });
        assert.deepEqual(living, [], "nobody is left");
      }),
      { numRuns: 300 },
    );
    assert.ok(system.made > 1000 && refused > 20 && done > 20, `${refused} refused, ${done} done`);
  });

  it("starts again what it has stopped, where the settings cannot be had a second time", async () => {
    const stage = new Stage({ programs: { a: { command: "a" }, b: { command: "b" } } });
    await stage.up();
    const was = stage.supervisor.settings;
    let calls = 0;
    const update = stage.supervisor.update(() => {
      if (++calls === 2) throw new Error("no settings");
      return { programs: { a: { command: "other" }, b: { command: "b" } } };
    });
    await assert.rejects(update, { message: "no settings" });
    await stage.pass(1000);
    assert.deepEqual(stage.seen(), ["a STOPPING", "a STOPPED", "a STARTING", "a RUNNING"]);
    assert.deepEqual(stage.supervisor.settings, was);
    assert.deepEqual(await stage.supervisor.shutdown(), []);
  });

  it("starts again what it has stopped, where the settings are the former ones after all", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    let calls = 0;
    await stage.supervisor.update((current) =>
      ++calls === 1 ? { programs: { a: { command: "other" } } } : current,
    );
    await stage.pass(1000);
    assert.deepEqual(stage.states(), { a: "RUNNING" });
    assert.deepEqual(await stage.supervisor.shutdown(), []);
  });

  it("moves nothing for settings that throw when they are read", async () => {
    const stage = new Stage({ programs: { a: { command: "a" } } });
    await stage.up();
    const was = picture(stage);
    for (const depth of ["programs", "a", "command", "stdout_logfile"]) {
      const trap = { enumerable: true, get: () => assert.fail(`${depth} was read`) };
      const a = { command: "other" };
      const programs = { a };
      const settings = { programs };
      const at = { programs: settings, a: programs, command: a, stdout_logfile: a }[depth];
      Object.defineProperty(at, depth, trap);
      await assert.rejects(stage.supervisor.update(settings));
      assert.deepEqual(picture(stage), was);
    }
    assert.deepEqual(await stage.supervisor.shutdown(), []);
  });
});
