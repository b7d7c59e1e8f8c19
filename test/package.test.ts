/** The package as it is published: packed, unpacked elsewhere, and used by others. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { installPackage } from "./support/installed-package.ts";
import { root } from "./support/processes.ts";

const tsc = path.join(root, "node_modules/@typescript/native/bin/tsc");
const run = promisify(execFile);

describe("the package", () => {
  let scratch = "";
  let installed = "";

  before(() => {
    scratch = installPackage();
    installed = path.join(scratch, "node_modules/libsupervisor");
  });

  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Runs a file of that content in the scratch folder. */
  async function runs(file: string, content: string): Promise<string> {
    writeFileSync(path.join(scratch, file), content);
    const { stdout, stderr } = await run(process.execPath, [file], { cwd: scratch });
    assert.equal(stderr, "");
    return stdout;
  }

  it("holds what is needed, and nothing else", () => {
    assert.deepEqual(readdirSync(installed).toSorted(), [
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "package.json",
      "src",
    ]);
    const files = readdirSync(path.join(installed, "dist"), { recursive: true, encoding: "utf8" });
    for (const file of files) {
      if (!file.endsWith(".map")) continue;
      const map = path.join(installed, "dist", file);
      const { sources } = JSON.parse(readFileSync(map, "utf8")) as { readonly sources: string[] };
      for (const source of sources) {
        assert.ok(existsSync(path.join(path.dirname(map), source)), `${file}: no ${source}`);
      }
    }
  });

  it("is imported as an ES module, and runs a program", async () => {
    const out = await runs(
      "host.mjs",
      `import { Supervisor, SupervisorError, SettingsError } from "libsupervisor";
       const supervisor = new Supervisor({
         programs: { web: { command: ["node", "-e", "setInterval(Boolean, 1000)"], startsecs: 0 } },
       });
       await supervisor.start();
       console.log(supervisor.process("web").state, SupervisorError.name, SettingsError.name);
       console.log(await supervisor.shutdown());`,
    );
    assert.equal(out, "RUNNING SupervisorError SettingsError\n[]\n");
  });

  it("is required by a CommonJS module", async () => {
    const out = await runs(
      "host.cjs",
      `const { Supervisor } = require("libsupervisor");
       const { FakeClock } = require("libsupervisor/testing");
       const supervisor = new Supervisor();
       console.log(supervisor.state, new FakeClock().pending, require("libsupervisor/package.json").name);`,
    );
    assert.equal(out, "RUNNING 0 libsupervisor\n");
  });

  it("does nothing on import", async () => {
    const out = await runs(
      "quiet.mjs",
      // Node's own node:util opens stderr from Node 22 on
      `const facts = () => String([
         process.eventNames().map(String),
         process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap"),
       ]);
       const before = facts();
       const globals = new Set(Object.getOwnPropertyNames(globalThis));
       await import("libsupervisor");
       const after = facts();
       const added = Object.getOwnPropertyNames(globalThis).filter((name) => !globals.has(name));
       console.log(before === after, added.filter((name) => !name.startsWith("__zod_")));`,
    );
    assert.equal(out, "true []\n");
  });

  it(
    "is imported, and runs a program, with 64 descriptors",
    { skip: process.platform === "win32" && "no ulimit" },
    async () => {
      const program = `{ command: "sleep 100", startsecs: 0 }`;
      const source = `
        const names = ["control", "config", "testing"];
        for (const name of names) await import(\`libsupervisor/\${name}\`);
        const { Supervisor } = await import("libsupervisor");
        const supervisor = new Supervisor({ programs: { web: ${program} } });
        await supervisor.start();
        console.log(await supervisor.shutdown());`;
      writeFileSync(path.join(scratch, "few.mjs"), source);
      const words = ["-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath, "few.mjs"];
      const { stdout } = await run("/bin/sh", words, { cwd: scratch });
      assert.equal(stdout, "[]\n");
    },
  );

  it("has schemas that go together with the zod of others", async () => {
    const out = await runs(
      "zod.mjs",
      `import { programSettings } from "libsupervisor";
       import * as z from "zod";
       const own = z.object({ name: z.string(), program: programSettings });
       console.log(programSettings instanceof z.ZodType, programSettings.extend({ own: z.int() }).shape.own.parse(1));
       console.log(own.safeParse({ name: "web", program: { command: 5 } }).error instanceof z.ZodError);
       console.log(own.parse({ name: "web", program: { command: "x" } }).program.command);`,
    );
    assert.equal(out, "true 1\ntrue\nx\n");
  });

  it("has fakes that make time stand still", async () => {
    const out = await runs(
      "fakes.mjs",
      `import { Supervisor } from "libsupervisor";
       import { FakeClock, FakeSpawner } from "libsupervisor/testing";
       const [clock, spawner] = [new FakeClock(), new FakeSpawner()];
       const supervisor = new Supervisor({ programs: { web: { command: "x", startsecs: 3600 } } }, { clock, spawner });
       const started = supervisor.start();
       clock.advance(3_600_000);
       await started;
       console.log(supervisor.process("web").state);`,
    );
    assert.equal(out, "RUNNING\n");
  });

  it("has no other way in", async () => {
    const out = await runs(
      "inside.mjs",
      `await import("libsupervisor/dist/lifecycle/table.js").catch((error) => console.log(error.code));`,
    );
    assert.equal(out, "ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });

  it("has types, for ES modules and for CommonJS ones", async () => {
    writeFileSync(path.join(scratch, "types.mts"), types);
    writeFileSync(path.join(scratch, "types.cts"), commonTypes);
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--types", "node"];
    const target = ["--module", "nodenext", "--target", "es2023", "--ignoreConfig"];
    const args = [tsc, ...options, ...target, "types.mts", "types.cts"];
    const said = await run(process.execPath, args, { cwd: scratch }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    );
    assert.equal(said, "");
  });
});

const commonTypes = `
import { Supervisor } from "libsupervisor";
import { FakeClock } from "libsupervisor/testing";
export const supervisor: Supervisor = new Supervisor({}, { clock: new FakeClock() });
`;

// an expected error that is none is an error
const types = `
import {
  Supervisor,
  type ProcessInfo,
  type Program,
  type StateName,
  type Subprocess,
  type SupervisorEvent,
  type UpdateResult,
} from "libsupervisor";
import { FakeChild, FakeClock, FakeSpawner } from "libsupervisor/testing";

type IsAny<T> = 0 extends 1 & T ? true : false;
function isKnown<T>(_value: T, _isAny: IsAny<T> extends true ? never : "known"): void {}
function is<T>(_value: T): void {}

const clock = new FakeClock();
const spawner = new FakeSpawner();
const supervisor = new Supervisor({ programs: { web: { command: "node server.js" } } }, { clock, spawner });

supervisor.on("PROCESS_STATE_EXITED", (event) => {
  is<boolean>(event.expected);
  isKnown(event.expected, "known");
  is<number | null>(event.exitstatus);
  is<"PROCESS_STATE_EXITED">(event.type);
  // @ts-expect-error: it has none
  is<unknown>(event.tries);
});
supervisor.once("PROCESS_STATE", (event) => {
  isKnown(event, "known");
  if (event.type === "PROCESS_STATE_BACKOFF") is<string>(event.spawnerr);
  // @ts-expect-error: not every state has one
  is<unknown>(event.spawnerr);
});
supervisor.on("EVENT", (event) => is<SupervisorEvent>(event));
// @ts-expect-error: there is no such event
supervisor.on("PROCESS_STATE_ONLINE", () => {});
supervisor.on("PROCESS_STATE_EXITED", (event) => {
  // @ts-expect-error: events are read-only
  event.expected = true;
});

const program: Program | undefined = supervisor.programs.get("web");
isKnown(program, "known");
const process: Subprocess | undefined = supervisor.process("web");
isKnown(process?.state, "known");
is<StateName | undefined>(process?.state);
isKnown(program?.settings, "known");
isKnown(program?.settings.startsecs, "known");
is<number | undefined>(program?.settings.startsecs);
is<ProcessInfo[]>(supervisor.status());
isKnown(supervisor.status()[0]?.description, "known");
is<Promise<UpdateResult>>(supervisor.update({}, { dryRun: true, signal: AbortSignal.timeout(1) }));
is<FakeChild>(spawner.last);
isKnown(spawner.last.kills, "known");
for await (const event of supervisor.events()) isKnown(event, "known");

// @ts-expect-error: a misspelt setting
supervisor.add("a", { command: "x", startsec: 1 });
// @ts-expect-error: there must be a command
supervisor.add("b", { startsecs: 1 });
// @ts-expect-error: no such value
supervisor.add("c", { command: "x", autorestart: "always" });
// @ts-expect-error: no such signal
supervisor.add("d", { command: "x", stopsignal: "STOPP" });
supervisor.add("e", { command: ["x", "y"], autorestart: "unexpected", stopsignal: "SIGINT", exitcodes: [0, 2] });
// @ts-expect-error: no such setting of a supervisor
new Supervisor({ program: {} });
// @ts-expect-error: programs are added by a method
supervisor.programs.set("web", program);
// @ts-expect-error: made by the supervisor alone
supervisor.process("web").state = "RUNNING";
`;
